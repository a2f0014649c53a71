/** Hears what happens to the stack's containers; comes back by itself when the engine does. */
import { stackLabel } from '@fettle/core/stack/container';
import { filters, type EngineEvent } from './container-document.ts';
import type { Engine } from './engine.ts';
import { readLines } from './read-lines.ts';

export type EventsOptions = Readonly<{
  engine: Engine;
  hash: string;
  /** Epoch ms; the engine remembers its last 256 events. */
  sinceMs: number;
  onEvent: (event: EngineEvent) => void;
  /** Connected (again): what happened meanwhile may have been missed. */
  onOpen: () => void;
}>;

const firstWaitMs = 200;
const maxWaitMs = 5_000;

export function followEvents(options: EventsOptions): Readonly<{ stop(): void }> {
  const abort = new AbortController();
  let lastNano = 0;
  let waitMs = firstWaitMs;
  let timer: NodeJS.Timeout | null = null;
  const listen = async (): Promise<void> => {
    const since = lastNano === 0 ? options.sinceMs / 1_000 : lastNano / 1e9;
    const stream = await options.engine.stream('GET', '/events', {
      query: {
        since: since.toFixed(6),
        filters: filters({ type: ['container'], label: [`${stackLabel}=${options.hash}`] }),
      },
      signal: abort.signal,
    });
    waitMs = firstWaitMs;
    options.onOpen();
    await readLines(stream, (value) => {
      const event = value as unknown as EngineEvent;
      if (event.timeNano <= lastNano) return;
      lastNano = event.timeNano;
      options.onEvent(event);
    });
  };
  const run = (): void => {
    listen()
      .catch(() => {})
      .finally(() => {
        if (abort.signal.aborted) return;
        timer = setTimeout(run, waitMs);
        waitMs = Math.min(maxWaitMs, waitMs * 2);
      });
  };
  run();
  return {
    stop() {
      abort.abort();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
