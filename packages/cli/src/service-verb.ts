/**
 * The verbs that act on services: taken by the daemon, then watched until the state is what was
 * asked, or `--no-wait`.
 */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CommandDocument } from '@fettle/sdk/api/documents';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import type { ServiceVerb } from '@fettle/sdk/client';
import { exitCodes, type CommandInput, type CommandModule } from './command.ts';
import { durationFlag } from './flag-values.ts';
import { emit, sayNext } from './emit.ts';
import { pauseMs } from './pause.ts';
import { reach, reachStatus } from './reach.ts';
import { isSettledBadly, isStopped } from './settled.ts';
import { pickServices, requireServices } from './service-names.ts';
import { commandLine, usageError, type Session } from './session.ts';
import { stateGlyph } from './terminal/paint.ts';

const defaultWaitMs = 30_000;
/** Several replicas, each of which drains, stops and gets ready. */
const rollingWaitMs = 600_000;
/** Commands under way together: one after another, a hundred take a second. */
const atOnce = 20;

export function serviceVerb(verb: ServiceVerb): CommandModule {
  return {
    define(program: Command) {
      program
        .argument('[services...]', 'which')
        .option('-a, --all', 'every service of the stack')
        .option('--wait-timeout <duration>', 'how long to watch; 30s unless told')
        .option('--no-wait', 'return once the daemon took the command');
      if (verb === 'restart')
        program.option('--rolling', 'replicas one after another, each only once the last is ready');
    },
    run: (session, input) => act(session, input, verb),
  };
}

async function act(session: Session, input: CommandInput, verb: ServiceVerb): Promise<number> {
  const before = await reachStatus(session);
  const names = askedNames(session, input, before, verb);
  const rolling = input.options['rolling'] === true;
  const { client } = session;
  for (let from = 0; from < names.length; from += atOnce)
    await Promise.all(
      names.slice(from, from + atOnce).map((name) => {
        const key = randomUUID();
        return reach(session, () =>
          rolling ? client.rollingRestart(name, key) : client.command(name, verb, key),
        );
      }),
    );
  const document: CommandDocument = {
    schema: 'fettle.command/v1',
    command: verb,
    services: names,
    accepted: true,
  };
  if (input.options['wait'] === false) {
    await emit(session, document, () => `${verb} asked for: ${names.join(', ')}\n`);
    return exitCodes.ok;
  }
  const waitMs =
    durationFlag(input.options['waitTimeout'], '--wait-timeout') ??
    (rolling ? rollingWaitMs : defaultWaitMs);
  const outcome = await watchUntil(session, { verb, names, before, waitMs });
  await emit(session, document, () => '');
  for (const service of outcome.services) {
    const glyph = stateGlyph(session.output.talkLook, service.state);
    const reason = service.why === null ? '' : `: ${service.why}`;
    session.output.say(`${glyph} ${service.name} is ${service.state}${reason}`);
  }
  const bad = outcome.services.find((service) => !reached(verb, service, before));
  sayNext(session, [commandLine(session, bad === undefined ? 'status' : `why ${bad.name}`)]);
  if (bad === undefined) return exitCodes.ok;
  return outcome.timedOut ? exitCodes.progressing : exitCodes.failed;
}

function askedNames(
  session: Session,
  input: CommandInput,
  before: StatusDocument,
  verb: ServiceVerb,
): readonly string[] {
  const known = before.services.map(({ name }) => name);
  requireServices(input.args, known);
  if (input.args.length > 0) return input.args;
  if (input.options['all'] === true) return known;
  throw usageError(
    `${verb} wants the names of services`,
    `${commandLine(session, `${verb} --all`)}      for all: ${known.join(', ')}`,
  );
}

type Watched = Readonly<{
  verb: ServiceVerb;
  names: readonly string[];
  before: StatusDocument;
  waitMs: number;
}>;

async function watchUntil(
  session: Session,
  watched: Watched,
): Promise<Readonly<{ services: readonly ServiceStatus[]; timedOut: boolean }>> {
  const endMs = performance.now() + watched.waitMs;
  for (;;) {
    const now = pickServices(await reachStatus(session), watched.names);
    const settled = now.services.every(
      (service) =>
        reached(watched.verb, service, watched.before) ||
        (watched.verb !== 'stop' && isSettledBadly(service, session.nowMs())),
    );
    const timedOut = performance.now() > endMs;
    if (settled || timedOut || session.interrupts.signal.aborted)
      return { services: now.services, timedOut: timedOut && !settled };
    await pauseMs(100, session.interrupts.signal);
  }
}

function reached(verb: ServiceVerb, service: ServiceStatus, before: StatusDocument): boolean {
  if (verb === 'stop') return isStopped(service) || service.state === 'done';
  if ((service.rolling ?? null) !== null) return false;
  const up = service.state === 'ok' || service.state === 'degraded' || service.state === 'done';
  if (verb !== 'restart' || service.external) return up;
  const old = before.services.find(({ name }) => name === service.name);
  // A restart that has not begun yet still shows the old process.
  return up && !sharesPid(service, old);
}

function sharesPid(service: ServiceStatus, old: ServiceStatus | undefined): boolean {
  const pids = new Set(old?.instances.map(({ pid }) => pid).filter((pid) => pid !== null));
  return service.instances.some(({ pid }) => pid !== null && pids.has(pid));
}
