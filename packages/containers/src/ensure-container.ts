/**
 * The container of an instance: the one from before when it was created by the same words (what it
 * wrote into itself stays, as under Compose), else another one that takes over its unnamed volumes.
 */
import { instanceLabel, stackLabel } from '@fettle/core/stack/container';
import type { StartOrder } from '@fettle/core/supervise/container-wire';
import { filters, type ContainerDocument, type ContainerRow } from './container-document.ts';
import { bodyLabel, createBody, type CreateBody, type Surroundings } from './create-body.ts';
import { type Engine, EngineFault } from './engine.ts';

/** The id of a container that is not running. @throws EngineFault */
export async function ensureContainer(
  engine: Engine,
  order: StartOrder,
  around: Surroundings,
): Promise<string> {
  const body = createBody(order, around);
  const [former, ...more] = await listContainers(engine, around.hash, order.instance);
  for (const { Id } of more) await removeContainer(engine, Id);
  if (former === undefined) return create(engine, order, body);
  const document = await read(engine, former.Id);
  if (document === null) return create(engine, order, body);
  const same =
    former.Labels[bodyLabel] === body.Labels[bodyLabel] && document.Image === around.image;
  if (document.State.Running) await stop(engine, former.Id);
  if (same && !isLeaving(document.State.Status)) return former.Id;
  const kept = withVolumesOf(document, body);
  await removeContainer(engine, former.Id);
  return create(engine, order, kept);
}

/** Somebody is removing it just now (`docker rm -f`). */
function isLeaving(status: string): boolean {
  return status === 'removing' || status === 'dead';
}

async function read(engine: Engine, id: string): Promise<ContainerDocument | null> {
  try {
    return await engine.ask<ContainerDocument>('GET', `/containers/${id}/json`);
  } catch (error) {
    if (error instanceof EngineFault && error.status === 404) return null;
    throw error;
  }
}

/** Newest first. */
export async function listContainers(
  engine: Engine,
  hash: string,
  instance: string | null = null,
): Promise<readonly ContainerRow[]> {
  const label = [`${stackLabel}=${hash}`];
  if (instance !== null) label.push(`${instanceLabel}=${instance}`);
  const query = { all: true, filters: filters({ label }) };
  const rows = await engine.ask<readonly ContainerRow[]>('GET', '/containers/json', { query });
  return rows.toSorted((a, b) => b.Created - a.Created);
}

/** Its volumes stay: data is never ours to delete. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.ask('DELETE', `/containers/${id}`, { query: { force: true } });
  } catch (error) {
    if (!(error instanceof EngineFault) || (error.status !== 404 && error.status !== 409))
      throw error;
    // Gone already, or somebody else is removing it just now: its name is free after that.
    if (error.status === 409) await untilGone(engine, id);
  }
}

async function untilGone(engine: Engine, id: string): Promise<void> {
  const query = { condition: 'removed' };
  await engine.ask('POST', `/containers/${id}/wait`, { query, timeoutMs: 10_000 }).catch(() => {});
}

/** Somebody else started it behind our back: the start that we were asked for is the one that counts. */
async function stop(engine: Engine, id: string): Promise<void> {
  await engine.ask('POST', `/containers/${id}/stop`, { query: { t: 5 } });
}

async function create(engine: Engine, order: StartOrder, body: CreateBody): Promise<string> {
  const { stack, service, replica, container } = order.launch;
  const wanted = container.name ?? `${stack}-${service}-${replica}`;
  // Somebody else's container of that name is left alone.
  const spare = `${wanted}-${body.Labels[stackLabel].slice(0, 6)}`;
  const query = container.platform === null ? {} : { platform: container.platform };
  for (const name of [wanted, spare])
    try {
      const made = await engine.ask<Readonly<{ Id: string }>>('POST', '/containers/create', {
        query: { ...query, name },
        body,
      });
      return made.Id;
    } catch (error) {
      const taken = error instanceof EngineFault && error.status === 409;
      if (!taken || name === spare) throw error;
    }
  throw new EngineFault(409, `the name ${wanted} is taken`);
}

const unnamed = /^[0-9a-f]{64}$/;

function withVolumesOf({ Mounts }: ContainerDocument, body: CreateBody): CreateBody {
  const taken = new Set(body.HostConfig.Binds.map((bind) => bind.split(':')[1]));
  const carried = Mounts.flatMap(({ Type, Name, Destination }) =>
    Type === 'volume' && Name !== undefined && unnamed.test(Name) && !taken.has(Destination)
      ? [`${Name}:${Destination}`]
      : [],
  );
  const HostConfig = { ...body.HostConfig, Binds: [...body.HostConfig.Binds, ...carried] };
  return { ...body, HostConfig };
}
