/**
 * Brings up what a one-off command needs before it runs, and leaves everything else as it is: a
 * running stack is not brought up to date by the way, only what it lacks is added.
 */
import { offerOfViews } from '@fettle/core/supervise/one-off';
import type { Snapshot } from '@fettle/core/supervise/protocol';
import { isSatisfied } from '@fettle/core/supervise/start-order';
import type { Dependency, Service, Stack } from '@fettle/core/stack/service';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';
import { exitCodes } from '../command.ts';
import { connectDaemon, lockHeld } from '../daemon.ts';
import { pauseMs } from '../pause.ts';
import { commandLine, type Session } from '../session.ts';
import { applyStack } from '../up/apply.ts';
import { writeStateFolder } from '../up/state-folder.ts';

export type Needs = Readonly<{ stack: Stack; service: Service; waitMs: number }>;
export type Ready = Readonly<{
  snapshot: Snapshot;
  /** Names of what it needs, itself and others. */
  dependencies: readonly string[];
  /** This call started the daemon. */
  startedDaemon: boolean;
}>;

const everyMs = 50;

/** What runs, without starting anything; null: no daemon. */
export async function lookAtStack(session: Session): Promise<Snapshot | null> {
  if (!(await lockHeld(session))) return null;
  const client = await connectDaemon(session);
  try {
    return await snapshotOf(client);
  } finally {
    client.close();
  }
}

/** @throws FettleError E-RUN-DEPENDENCY: one fails (exit 1), or is not ready in time (exit 6). */
export async function readyDependencies(session: Session, needs: Needs): Promise<Ready> {
  const dependencies = allNeeds(needs.stack, needs.service);
  await writeStateFolder(session);
  const running = await lookAtStack(session);
  const { client, startedDaemon } =
    running === null
      ? await startWith(session, needs.stack, dependencies)
      : { client: await connectDaemon(session), startedDaemon: false };
  try {
    if (running !== null) await addWhatLacks(client, running, { ...needs, dependencies });
    const snapshot = await untilReady(session, client, needs);
    return { snapshot, dependencies, startedDaemon };
  } finally {
    client.close();
  }
}

async function startWith(session: Session, stack: Stack, names: readonly string[]) {
  const { client, started } = await applyStack(session, stack, names);
  return { client, startedDaemon: started };
}

/** In the order of the file, without the service itself. */
function allNeeds(stack: Stack, service: Service): readonly string[] {
  const found = new Set<string>();
  const open = [service];
  for (const one of open)
    for (const need of one.dependsOn) {
      const definition = stack.services.find(({ name }) => name === need.service);
      if (definition === undefined || found.has(need.service)) continue;
      found.add(need.service);
      open.push(definition);
    }
  return stack.services.map(({ name }) => name).filter((name) => found.has(name));
}

async function addWhatLacks(
  client: SupervisorClient,
  { stack: before, instances }: Snapshot,
  { stack, dependencies }: Needs & Readonly<{ dependencies: readonly string[] }>,
): Promise<void> {
  const known = before?.services ?? [];
  const lacking = stack.services.filter(
    ({ name }) => dependencies.includes(name) && !known.some((one) => one.name === name),
  );
  if (lacking.length > 0)
    await client.request({
      kind: 'apply',
      stack: { ...(before ?? stack), services: [...known, ...lacking] },
      actor: 'cli',
    });
  const stopped = instances
    .filter(({ service, state }) => state === 'stopped' && dependencies.includes(service))
    .map(({ service }) => service);
  if (stopped.length > 0)
    await client.request({
      kind: 'command',
      command: 'start',
      services: [...new Set(stopped)],
      actor: 'cli',
    });
}

async function untilReady(
  session: Session,
  client: SupervisorClient,
  { service, waitMs }: Needs,
): Promise<Snapshot> {
  const startMs = performance.now();
  let said = false;
  for (;;) {
    const snapshot = await snapshotOf(client);
    const open = service.dependsOn.filter((need) => need.required && !isMet(need, snapshot));
    if (open.length === 0) return snapshot;
    const elapsedMs = performance.now() - startMs;
    const failed = open.find((need) => isLost(need, snapshot));
    if (failed !== undefined) throw notReady(session, service, failed, 'does not run');
    if (elapsedMs > waitMs || session.interrupts.signal.aborted)
      throw notReady(session, service, open[0]!, `is not ready after ${Math.round(elapsedMs)} ms`);
    if (!said && elapsedMs > 1_000) {
      said = true;
      const names = open.map(({ service: name, condition }) => `${name} (${condition})`);
      session.output.say(`waiting for ${names.join(', ')} …`);
    }
    await pauseMs(everyMs, session.interrupts.signal);
  }
}

function isMet({ service, condition }: Dependency, { instances }: Snapshot): boolean {
  return isSatisfied(offerOfViews(viewsOf(service, instances)), condition);
}

/** It has settled in a state from which only a person brings it back. */
function isLost({ service, condition }: Dependency, { instances }: Snapshot): boolean {
  const views = viewsOf(service, instances);
  const isOver = condition === 'service_completed_successfully' ? 'failed' : 'crash-loop';
  return views.length > 0 && views.every(({ state }) => state === 'failed' || state === isOver);
}

function viewsOf(service: string, instances: Snapshot['instances']) {
  return instances.filter((view) => view.service === service);
}

async function snapshotOf(client: SupervisorClient): Promise<Snapshot> {
  return (await client.request({ kind: 'snapshot' })) as Snapshot;
}

function notReady(session: Session, service: Service, need: Dependency, what: string): FettleError {
  const message = `${service.name} needs ${need.service} (${need.condition}), which ${what}`;
  return new FettleError('E-RUN-DEPENDENCY', message, {
    hint: `${commandLine(session, `why ${need.service}`)}, or --no-deps to go without`,
    exitCode: what === 'does not run' ? exitCodes.failed : exitCodes.progressing,
  });
}
