/**
 * Which checks decide nothing for a while, and until when; in `.fettle/silences.json`, so that a
 * restart of the controller does not end them early. Each ends by itself.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Silence } from '../parts.ts';

export type Silences = Readonly<{
  /** @throws when the disk does not take it: then nothing was silenced. */
  set(silence: Silence): void;
  lift(service: string, check: string): void;
  list(): readonly Silence[];
  stop(): void;
}>;

const shape = z.array(z.object({ service: z.string(), check: z.string(), untilMs: z.number() }));
const maxSilences = 200;
/** setTimeout takes no more; a longer one is looked at again. */
const longestWaitMs = 2 ** 31 - 1;

/** `onChange` hears the whole set of a service, at once for those that still stand. */
export function openSilences(
  stateDir: string,
  onChange: (service: string, checks: ReadonlySet<string>) => void,
): Silences {
  const file = join(stateDir, 'silences.json');
  let silences = read(file).filter(({ untilMs }) => untilMs > Date.now());
  let timer: NodeJS.Timeout | null = null;

  const tell = (service: string): void => {
    const own = silences.filter((one) => one.service === service);
    onChange(service, new Set(own.map(({ check }) => check)));
  };
  const arm = (): void => {
    if (timer !== null) clearTimeout(timer);
    const nextMs = Math.min(...silences.map(({ untilMs }) => untilMs));
    if (silences.length === 0) return;
    const waitMs = Math.min(Math.max(0, nextMs - Date.now()), longestWaitMs);
    timer = setTimeout(expire, waitMs).unref();
  };
  const replace = (next: readonly Silence[]): void => {
    write(file, next);
    silences = [...next];
    arm();
  };
  const expire = (): void => {
    const nowMs = Date.now();
    const ended = silences.filter(({ untilMs }) => untilMs <= nowMs);
    try {
      replace(silences.filter(({ untilMs }) => untilMs > nowMs));
    } catch {
      // What has ended stays in the file; it is left out when the file is read.
      silences = silences.filter(({ untilMs }) => untilMs > nowMs);
      arm();
    }
    for (const service of new Set(ended.map((one) => one.service))) tell(service);
  };
  const without = (service: string, check: string): readonly Silence[] =>
    silences.filter((one) => one.service !== service || one.check !== check);

  for (const service of new Set(silences.map((one) => one.service))) tell(service);
  arm();
  return {
    set(silence) {
      replace([...without(silence.service, silence.check), silence].slice(-maxSilences));
      tell(silence.service);
    },
    lift(service, check) {
      replace(without(service, check));
      tell(service);
    },
    list: () => silences,
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function read(file: string): Silence[] {
  try {
    return shape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

function write(file: string, silences: readonly Silence[]): void {
  const draft = `${file}.new`;
  writeFileSync(draft, JSON.stringify(silences), { mode: 0o600 });
  renameSync(draft, file);
}
