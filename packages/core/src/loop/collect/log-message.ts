/**
 * The message of a log line without its frame: time and level in its head, or the JSON around it.
 * Cheaper than `log-line.ts`, which keeps every field, because it is done for every line there is.
 */
import type { LogLevel } from '@fettle/sdk/api/documents';
import { levelOfLine } from './line-level.ts';
import { parseLogLine, plainText } from './log-line.ts';
import { headTime } from './log-time.ts';

export type LogMessage = Readonly<{
  text: string;
  level: LogLevel | null;
  /** Of a JSON or logfmt line; null: plain text. */
  fields: Readonly<Record<string, unknown>> | null;
}>;

/** `nearMs`: completes a date without a year. */
export function readMessage(line: string, nearMs: number): LogMessage {
  const level = levelOfLine(line);
  const context = { nearMs, zoneOffsetMs: 0 };
  const first = line.charCodeAt(0);
  if (first === 0x7b || line.includes('level=')) {
    const parsed = parseLogLine(line, level, context);
    if (parsed.fields !== null) {
      const text = parsed.text === line ? keysOf(parsed.fields) : parsed.text;
      return { text, level: parsed.level, fields: parsed.fields };
    }
  }
  const text = plainText(line);
  const length = headTime(text, context)?.length ?? 0;
  return { text: length === 0 ? text : text.slice(length), level, fields: null };
}

/** A structured line without a message is known by what it tells of. */
function keysOf(fields: Readonly<Record<string, unknown>>): string {
  return `{${Object.keys(fields).join(', ')}}`;
}
