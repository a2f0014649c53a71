/** Stacks that are up now, so that an interrupted run takes all of them down. */
import type { DrillStack } from './drill-stack.ts';

const open = new Set<DrillStack>();

/** The stack, remembered until it is closed. */
export function remembered(stack: DrillStack): DrillStack {
  const kept: DrillStack = {
    ...stack,
    async close() {
      open.delete(kept);
      await stack.close();
    },
  };
  open.add(kept);
  return kept;
}

/** On Ctrl-C, SIGTERM and our own faults everything goes down before we end. */
export function closeOnSignal(): void {
  const end = (why: string, code: number): void => {
    console.error(`${why}: ${open.size} stacks go down`);
    const closing = [...open].map((stack) => stack.close().catch(() => {}));
    void Promise.all(closing).then(() => process.exit(code));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(signal, 130));
  process.once('uncaughtException', (error: Error) => end(error.stack ?? String(error), 70));
}
