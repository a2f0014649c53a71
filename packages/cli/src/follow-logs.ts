/** Log lines from the controller, over restarts of it: what there is, or new ones until Ctrl-C. */
import type { LogLine } from '@fettle/sdk/api/documents';
import type { LogsRequest } from '@fettle/sdk/client';
import type { LiveOptions } from '@fettle/sdk/live-stream';
import { explainAway, patienceMs } from './reach.ts';
import type { Session } from './session.ts';

type OnLines = (lines: readonly LogLine[]) => Promise<void> | void;

/** Resolves when Ctrl-C or `abort` came. */
export async function followLogs(
  session: Session,
  request: LogsRequest,
  onLines: OnLines,
  abort: AbortSignal = session.interrupts.signal,
): Promise<void> {
  const live = liveOptions(session, abort);
  for await (const lines of session.client.followBatches(request, live)) await onLines(lines);
}

/** Resolves when all was given. The next lines are asked for when `onLines` is done with these. */
export async function readLogs(
  session: Session,
  request: LogsRequest,
  onLines: OnLines,
): Promise<void> {
  const live = { ...liveOptions(session, session.interrupts.signal), giveUpMs: patienceMs };
  try {
    for await (const lines of session.client.readLogs(request, live)) await onLines(lines);
  } catch (cause) {
    throw explainAway(session, cause);
  }
}

function liveOptions(session: Session, abort: AbortSignal): LiveOptions {
  return {
    abort,
    onConnection: (connected) =>
      session.output.say(
        connected
          ? 'connected again; nothing was missed'
          : 'the controller went away; waiting for it …',
      ),
  };
}
