/**
 * Log lines by template: `pool timeout after <*> ms` and how often it was seen. Bounded.
 * Source: He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree" (ICWS 2017).
 */
import type { LogLevel } from '@fettle/sdk/api/documents';
import { levelOfLine } from './line-level.ts';

export type Template = Readonly<{
  /** Stable while it lives. */
  id: number;
  /** With `<*>` for what varies. */
  text: string;
  level: LogLevel | null;
  count: number;
  /** Of all lines that fitted. */
  bytes: number;
  firstMs: number;
  lastMs: number;
  /** A line that fitted, redacted, at most 300 characters. */
  example: string;
}>;

export type TemplateTree = Readonly<{
  /** Answers the level that the line names. */
  add(line: string, atMs: number): LogLevel | null;
  /** Newest first by `lastMs`. */
  templates(): readonly Template[];
  /** How many lines fitted within [sinceMs, untilMs), by 10 s slots, at most an hour back. */
  countSince(id: number, sinceMs: number, untilMs: number): number;
  /** Lines seen in all, and lines that found no room. */
  seen(): Readonly<{ lines: number; dropped: number }>;
}>;

const slotMs = 10_000;
const maxTemplates = 500;

type Kept = { -readonly [Key in keyof Template]: Template[Key] } & {
  readonly slots: Map<number, number>;
};

export function openTemplates(): TemplateTree {
  const byText = new Map<string, Kept>();
  const byId = new Map<number, Kept>();
  let nextId = 1;
  let lines = 0;
  let dropped = 0;
  return {
    add(line, atMs) {
      lines += 1;
      const level = levelOfLine(line);
      const text = line.slice(0, 300).replace(/0x[\da-f]+|\d+(?:[.:]\d+)*/gi, '<*>');
      let kept = byText.get(text);
      if (kept === undefined) {
        if (byText.size >= maxTemplates) {
          dropped += 1;
          return level;
        }
        kept = {
          id: nextId++,
          text,
          level,
          count: 0,
          bytes: 0,
          firstMs: atMs,
          lastMs: atMs,
          example: line.slice(0, 300),
          slots: new Map(),
        };
        byText.set(text, kept);
        byId.set(kept.id, kept);
      }
      kept.count += 1;
      kept.bytes += line.length;
      kept.lastMs = Math.max(kept.lastMs, atMs);
      const slot = Math.floor(atMs / slotMs);
      kept.slots.set(slot, (kept.slots.get(slot) ?? 0) + 1);
      kept.slots.delete(slot - 361);
      return level;
    },
    templates: () => [...byId.values()].toSorted((a, b) => b.lastMs - a.lastMs),
    countSince(id, sinceMs, untilMs) {
      let sum = 0;
      for (const [slot, count] of byId.get(id)?.slots ?? []) {
        if (slot * slotMs >= sinceMs && slot * slotMs < untilMs) sum += count;
      }
      return sum;
    },
    seen: () => ({ lines, dropped }),
  };
}
