/**
 * Log lines by template: `pool timeout after <*> ms` and how often it was seen. Bounded.
 * Source: He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree" (ICWS 2017).
 */
import type { LogLevel } from '@fettle/sdk/api/documents';

export type Template = Readonly<{
  /** Stable while it lives. */
  id: number;
  /** With `<*>` for what varies. */
  text: string;
  level: LogLevel | null;
  count: number;
  firstMs: number;
  lastMs: number;
  /** A line that fitted, redacted, at most 300 characters. */
  example: string;
}>;

export type TemplateTree = Readonly<{
  add(line: string, atMs: number): void;
  /** Newest first by `lastMs`. */
  templates(): readonly Template[];
  /** How many lines fitted within [sinceMs, untilMs), by 10 s slots, at most an hour back. */
  countSince(id: number, sinceMs: number, untilMs: number): number;
  /** Lines seen in all, and lines that found no room. */
  seen(): Readonly<{ lines: number; dropped: number }>;
}>;
