/** New log lines until Ctrl-C, over restarts of the controller. */
import type { LogLine } from '@fettle/sdk/api/documents';
import type { LogsRequest } from '@fettle/sdk/client';
import type { Session } from './session.ts';

export async function followLogs(
  session: Session,
  request: LogsRequest,
  onLine: (line: LogLine) => void,
  abort: AbortSignal = session.interrupts.signal,
): Promise<void> {
  const lines = session.client.followLogs(request, {
    abort,
    onConnection: (connected) =>
      session.output.say(
        connected
          ? 'connected again; nothing was missed'
          : 'the controller went away; waiting for it …',
      ),
  });
  for await (const line of lines) onLine(line);
}
