/**
 * Tighter bounds on the log of single services, for a while: what a flood may take on disk. Kept in
 * a file, so that a restart of the controller does not lift them.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** `untilMs`: wall clock. */
export type LogBound = Readonly<{ bytes: number; untilMs: number }>;

export type LogBounds = Readonly<{
  /** null: none, or its time is over. */
  of(service: string): LogBound | null;
  /** null lifts it. @throws when the disk does not take it. */
  set(service: string, bound: LogBound | null): void;
}>;

const shape = z.record(z.string(), z.object({ bytes: z.number(), untilMs: z.number() }));

export function openLogBounds(file: string, now: () => number): LogBounds {
  const bounds = new Map(Object.entries(readBounds(file)));
  const of = (service: string): LogBound | null => {
    const bound = bounds.get(service);
    return bound !== undefined && bound.untilMs > now() ? bound : null;
  };
  return {
    of,
    set(service, bound) {
      if (bound === null) bounds.delete(service);
      else bounds.set(service, bound);
      for (const name of bounds.keys()) if (of(name) === null) bounds.delete(name);
      const draft = `${file}.new`;
      writeFileSync(draft, JSON.stringify(Object.fromEntries(bounds)), { mode: 0o600 });
      renameSync(draft, file);
    },
  };
}

/** A broken file bounds nothing. */
function readBounds(file: string): Readonly<Record<string, LogBound>> {
  try {
    return shape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
