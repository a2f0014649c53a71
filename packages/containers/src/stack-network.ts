/** The stack's own network: containers find each other by name, and us at its gateway. */
import { stackLabel } from '@fettle/core/stack/container';
import { filters } from './container-document.ts';
import { type Engine, EngineFault } from './engine.ts';

export type StackNetwork = Readonly<{ name: string; gateway: string }>;

type NetworkDocument = Readonly<{
  Id: string;
  Name: string;
  Labels: Readonly<Record<string, string>> | null;
  IPAM: Readonly<{ Config: readonly Readonly<{ Gateway?: string; Subnet?: string }>[] | null }>;
}>;

type Whose = Readonly<{ stack: string; hash: string }>;

/**
 * Finds it by label, or makes it; one at a time, because the engine makes two of one name when two
 * ask at once.
 */
export function networkEnsurer(engine: Engine): (whose: Whose) => Promise<StackNetwork> {
  let last: Promise<unknown> = Promise.resolve();
  return (whose) => {
    const next = last.then(() => ensureNetwork(engine, whose));
    last = next.catch(() => {});
    return next;
  };
}

/** @throws EngineFault */
async function ensureNetwork(engine: Engine, { stack, hash }: Whose): Promise<StackNetwork> {
  const known = (await listNetworks(engine, hash))[0];
  if (known !== undefined) return readNetwork(engine, known.Id);
  // Somebody else's network of that name is left alone.
  for (const name of [`${stack}_default`, `${stack}_${hash.slice(0, 8)}`]) {
    if (await isTaken(engine, name)) continue;
    const body = {
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: { [stackLabel]: hash },
    };
    const made = await engine.ask<Readonly<{ Id: string }>>('POST', '/networks/create', { body });
    return readNetwork(engine, made.Id);
  }
  throw new EngineFault(
    409,
    `the names ${stack}_default and ${stack}_${hash.slice(0, 8)} are taken`,
  );
}

export function listNetworks(engine: Engine, hash: string): Promise<readonly NetworkDocument[]> {
  const query = { filters: filters({ label: [`${stackLabel}=${hash}`] }) };
  return engine.ask<readonly NetworkDocument[]>('GET', '/networks', { query });
}

async function isTaken(engine: Engine, name: string): Promise<boolean> {
  const query = { filters: filters({ name: [name] }) };
  const found = await engine.ask<readonly NetworkDocument[]>('GET', '/networks', { query });
  return found.some(({ Name }) => Name === name);
}

async function readNetwork(engine: Engine, id: string): Promise<StackNetwork> {
  const { Name, IPAM } = await engine.ask<NetworkDocument>('GET', `/networks/${id}`);
  for (const { Gateway, Subnet } of IPAM.Config ?? []) {
    const gateway = Gateway ?? firstAddress(Subnet ?? '');
    if (gateway !== null && !gateway.includes(':')) return { name: Name, gateway };
  }
  throw new EngineFault(500, `network ${Name} has no IPv4 gateway`);
}

/** Engines that tell no gateway take the first address of the subnet. */
function firstAddress(subnet: string): string | null {
  const parts = /^(\d+\.\d+\.\d+)\.(\d+)\//.exec(subnet);
  return parts === null ? null : `${parts[1]}.${Number(parts[2]) + 1}`;
}
