/**
 * Watches a stack come up through the controller's API and says each change once.
 *
 * Ends when every service is up or plainly is not going to be, or at the limit.
 */
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes } from '../command.ts';
import { pauseMs } from '../pause.ts';
import { controllerLog } from '../controller-log.ts';
import { lastLines } from '../daemon.ts';
import type { Session } from '../session.ts';
import { isSettledBadly, isUp } from '../settled.ts';
import { renderProgress } from './progress-text.ts';

export type UpOutcome = Readonly<{
  status: StatusDocument;
  /** Those that were waited for. */
  services: readonly ServiceStatus[];
  kind: 'ready' | 'settled' | 'progressing' | 'interrupted';
  elapsedMs: number;
}>;

export type WatchOptions = Readonly<{
  /** Services to wait for. */
  names: readonly string[];
  /** `performance.now()` at which `up` began: what is shown counts from there. */
  startMs: number;
  limitMs: number;
  /** Pids that this `up` replaces: a service that still shows one of them has not begun yet. */
  replaced: ReadonlySet<number>;
  /** true: only readiness or the limit ends it; false: trouble that lasts ends it, too. */
  patient: boolean;
}>;

const everyMs = 100;
const reasonMs = 400;
/** The controller needs time to load before the first answer. */
const firstAnswerMs = 20_000;

export async function watchUp(session: Session, options: WatchOptions): Promise<UpOutcome> {
  const nameColumns = Math.max(0, ...options.names.map((name) => name.length));
  const shown = new Map<string, Seen>();
  let appliedSeen = false;
  let lastLook = false;
  for (;;) {
    const status = await askStatus(session, options.startMs);
    const services = status.services.filter(({ name }) => options.names.includes(name));
    const elapsedMs = performance.now() - options.startMs;
    // Until the controller has heard of the new stack it would tell about the old one.
    appliedSeen ||= services.length === options.names.length && isCurrent(status, options);
    const kind = appliedSeen ? kindOf(services, session.nowMs(), options.patient) : null;
    // Reasons follow states in a moment: whoever has one is looked at once more.
    const final = kind !== null && (lastLook || services.every(({ why }) => why === null));
    if (appliedSeen) showChanges(session, services, { shown, elapsedMs, nameColumns, final });
    if (final) return { status, services, kind, elapsedMs };
    lastLook = kind !== null;
    if (session.interrupts.signal.aborted)
      return { status, services, kind: 'interrupted', elapsedMs };
    if (elapsedMs > options.limitMs) return { status, services, kind: 'progressing', elapsedMs };
    await pauseMs(lastLook ? reasonMs : everyMs, session.interrupts.signal);
  }
}

/**
 * Linked to the supervisor that took the stack, and past the processes that it replaced: a rollout
 * replaces some of them later, or never.
 */
function isCurrent({ daemon, services }: StatusDocument, { replaced }: WatchOptions): boolean {
  if (!daemon.supervisorConnected) return false;
  return !services.some(
    ({ instances, rolling }) =>
      (rolling ?? null) === null && instances.some(({ pid }) => pid !== null && replaced.has(pid)),
  );
}

/** Without checks a process is up once it was started: one that dies of its first error, too. */
const steadyMs = 1_000;

function isSteady({ instances }: ServiceStatus, nowMs: number): boolean {
  return instances.every(({ state, checks, startedAt }) => {
    if (state !== 'ok' || checks.length > 0 || startedAt === null) return true;
    return nowMs - Date.parse(startedAt) >= steadyMs;
  });
}

function kindOf(
  services: readonly ServiceStatus[],
  nowMs: number,
  patient: boolean,
): 'ready' | 'settled' | null {
  if (services.every(isUp)) return services.every((one) => isSteady(one, nowMs)) ? 'ready' : null;
  if (patient) return null;
  const settled = services.every((service) => isUp(service) || isSettledBadly(service, nowMs));
  return settled ? 'settled' : null;
}

async function askStatus(session: Session, startMs: number): Promise<StatusDocument> {
  for (;;) {
    try {
      return await session.client.status();
    } catch (cause) {
      // It may be restarting, or too busy to answer in time.
      const unreachable = cause instanceof FettleError && cause.exitCode === exitCodes.unreachable;
      const late = performance.now() - startMs > firstAnswerMs;
      if (!unreachable || session.interrupts.signal.aborted) throw cause;
      if (late) throw controllerSilent(session);
      await pauseMs(25, session.interrupts.signal);
    }
  }
}

function controllerSilent(session: Session): FettleError {
  const file = controllerLog(session.paths);
  const last = lastLines(file, 1)[0] ?? '';
  return new FettleError(
    'E-CONTROLLER-AWAY',
    `the services were started, but the controller does not answer${last === '' ? '' : `: ${last}`}`,
    { hint: `look at ${file}`, status: 503, exitCode: 4 },
  );
}

/** `said`: the news was printed. */
type Seen = { news: string; sinceMs: number; said: boolean };
type Shown = Readonly<{
  shown: Map<string, Seen>;
  elapsedMs: number;
  nameColumns: number;
  final: boolean;
}>;

/** Waiting for others is only worth a line when it takes a while. */
const waitWorthMs = 1_000;
/** The reason follows the state in a moment; one line with both is better than two. */
const whyWorthMs = 300;

function showChanges(session: Session, services: readonly ServiceStatus[], at: Shown): void {
  for (const service of services) {
    const news = newsOf(service);
    let seen = at.shown.get(service.name);
    if (seen?.news !== news) {
      seen = { news, sinceMs: at.elapsedMs, said: false };
      at.shown.set(service.name, seen);
    }
    const early = at.elapsedMs - seen.sinceMs < worthMs(service);
    if (seen.said || (early && !at.final)) continue;
    seen.said = true;
    const line = renderProgress(
      { service, elapsedMs: at.elapsedMs },
      session.output.talkLook,
      at.nameColumns,
    );
    session.output.say(line.trimEnd());
  }
}

function worthMs(service: ServiceStatus): number {
  if (service.state === 'starting') return waitWorthMs;
  return service.why === null && isUp(service) ? 0 : whyWorthMs;
}

/**
 * What is worth a new line. Pids, counters and times are none: a service in a crash loop would
 * scroll everything else away.
 */
function newsOf(service: ServiceStatus): string {
  if (isUp(service)) return service.state;
  if (service.rolling?.phase === 'under-way') return `rolling ${service.rolling.done}`;
  if (service.state === 'starting') return `starting ${waitsOf(service)}`;
  const why = (service.why ?? '').replaceAll(/\d+(\.\d+)?(ms|s|m|h)?/g, '#');
  return `${service.state} ${why.split(/[;,]/)[0] ?? ''}`;
}

function waitsOf(service: ServiceStatus): string {
  const waits = service.instances.flatMap(({ waitingFor }) => waitingFor);
  return [...new Set(waits.map((one) => one.service))].join();
}
