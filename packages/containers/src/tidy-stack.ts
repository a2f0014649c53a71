/**
 * Takes away what the stack left at the engine: its containers and its network, by our label and
 * nothing else. Volumes and images stay: they are data, and other stacks may use them.
 */
import { instanceLabel } from '@fettle/core/stack/container';
import { listContainers, removeContainer } from './ensure-container.ts';
import { type Engine, EngineFault } from './engine.ts';
import { listNetworks } from './stack-network.ts';

const stopSeconds = 10;

type Others = Readonly<{
  hash: string;
  /** Instances that stay. */
  wanted: ReadonlySet<string>;
  remove: (instance: string, act: () => Promise<void>) => void;
}>;

/** Containers of instances that have left the stack. @throws EngineFault */
export async function removeOthers(
  engine: Engine,
  { hash, wanted, remove }: Others,
): Promise<void> {
  for (const { Id, Labels } of await listContainers(engine, hash)) {
    const instance = Labels[instanceLabel] ?? '';
    if (!wanted.has(instance)) remove(instance, () => removeContainer(engine, Id));
  }
}

/** Everything, once the stack is down. @throws EngineFault */
export async function tidyStack(engine: Engine, hash: string): Promise<void> {
  const rows = await listContainers(engine, hash);
  await Promise.all(
    rows.map(async ({ Id, State }) => {
      if (State === 'running') await stop(engine, Id);
      await removeContainer(engine, Id);
    }),
  );
  for (const { Id } of await listNetworks(engine, hash))
    await engine.ask('DELETE', `/networks/${Id}`).catch((error: unknown) => {
      // Somebody connected a container of their own: it is theirs now, too.
      if (!(error instanceof EngineFault) || error.status === 0) throw error;
    });
}

async function stop(engine: Engine, id: string): Promise<void> {
  const query = { t: stopSeconds };
  await engine
    .ask('POST', `/containers/${id}/stop`, { query, timeoutMs: (stopSeconds + 10) * 1_000 })
    .catch((error: unknown) => {
      if (!(error instanceof EngineFault) || error.status === 0) throw error;
    });
}
