/**
 * Watches a stack come up through the controller's API and says each change once.
 *
 * Ends when every service is up or plainly is not going to be, or at the limit.
 */
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import { FettleError } from '@fettle/sdk/fettle-error';
import { pauseMs } from '../pause.ts';
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
/** The controller needs time to load before the first answer. */
const firstAnswerMs = 20_000;

export async function watchUp(session: Session, options: WatchOptions): Promise<UpOutcome> {
  const nameColumns = Math.max(0, ...options.names.map((name) => name.length));
  const shown = new Map<string, string>();
  let appliedSeen = false;
  for (;;) {
    const status = await askStatus(session, options.startMs);
    const services = status.services.filter(({ name }) => options.names.includes(name));
    const elapsedMs = performance.now() - options.startMs;
    // Until the controller has heard of the new stack it would tell about the old one.
    appliedSeen ||= services.length === options.names.length && isCurrent(status, options);
    if (appliedSeen) {
      showChanges(session, services, { shown, elapsedMs, nameColumns });
      const kind = kindOf(services, session.nowMs(), options.patient);
      if (kind !== null) return { status, services, kind, elapsedMs };
    }
    if (session.interrupts.signal.aborted)
      return { status, services, kind: 'interrupted', elapsedMs };
    if (elapsedMs > options.limitMs) return { status, services, kind: 'progressing', elapsedMs };
    await pauseMs(everyMs, session.interrupts.signal);
  }
}

/** Linked to the supervisor that took the stack, and past the processes that it replaced. */
function isCurrent({ daemon, services }: StatusDocument, { replaced }: WatchOptions): boolean {
  if (!daemon.supervisorConnected) return false;
  return !services.some(({ instances }) =>
    instances.some(({ pid }) => pid !== null && replaced.has(pid)),
  );
}

function kindOf(
  services: readonly ServiceStatus[],
  nowMs: number,
  patient: boolean,
): 'ready' | 'settled' | null {
  if (services.every(isUp)) return 'ready';
  if (patient) return null;
  const settled = services.every((service) => isUp(service) || isSettledBadly(service, nowMs));
  return settled ? 'settled' : null;
}

async function askStatus(session: Session, startMs: number): Promise<StatusDocument> {
  for (;;) {
    try {
      return await session.client.status();
    } catch (cause) {
      const unreachable = cause instanceof FettleError && cause.code === 'E-DAEMON-UNREACHABLE';
      const late = performance.now() - startMs > firstAnswerMs;
      if (!unreachable || session.interrupts.signal.aborted) throw cause;
      if (late) throw controllerSilent(session);
      await pauseMs(25, session.interrupts.signal);
    }
  }
}

function controllerSilent(session: Session): FettleError {
  const last = lastLines(session.paths.controllerOut, 1)[0] ?? '';
  return new FettleError(
    'E-CONTROLLER-AWAY',
    `the services were started, but the controller does not answer${last === '' ? '' : `: ${last}`}`,
    { hint: `look at ${session.paths.controllerOut}`, status: 503, exitCode: 4 },
  );
}

type Shown = Readonly<{ shown: Map<string, string>; elapsedMs: number; nameColumns: number }>;

function showChanges(session: Session, services: readonly ServiceStatus[], at: Shown): void {
  for (const service of services) {
    // The pid alone is no news: a crash-looping service would scroll everything else away.
    const waits = service.instances.flatMap(({ waitingFor }) =>
      waitingFor.map((one) => one.service),
    );
    const news = `${service.state} ${service.why ?? ''} ${waits.join()}`;
    if (at.shown.get(service.name) === news) continue;
    const first = !at.shown.has(service.name);
    at.shown.set(service.name, news);
    // Most services start in no time: "starting" is only said of those that wait for something.
    if (first && service.state === 'starting' && service.why === null && waits.length === 0)
      continue;
    const line = renderProgress(
      { service, elapsedMs: at.elapsedMs },
      session.output.talkLook,
      at.nameColumns,
    );
    session.output.say(line.trimEnd());
  }
}
