/**
 * Understands one log line: level, message, time and fields of JSON lines (pino, bunyan, winston,
 * structlog, zap, GELF, ECS), logfmt, and plain text with a level and a time in its head.
 *
 * What cannot be parsed is text, never an error: a log must show what the service wrote.
 */
import type { LogLevel } from '@fettle/sdk/api/documents';
import { levelCode, levelName, levelOfNumber } from './log-level.ts';
import { headTime, valueTime, type TimeContext } from './log-time.ts';

export type ParsedLine = Readonly<{
  level: LogLevel | null;
  /** The message of a JSON or logfmt line that has one; otherwise the line, colours stripped. */
  text: string;
  /** What a JSON or logfmt line says beside level, message and time; null: it is text. */
  fields: Readonly<Record<string, unknown>> | null;
  /** The time that the line itself tells, epoch ms; null: none. */
  atMs: number | null;
}>;

const MESSAGE_KEYS = ['msg', 'message', 'event', 'short_message', '@m', 'text'];
const LEVEL_KEYS = ['level', 'lvl', 'severity', 'levelname', 'log.level', 'loglevel'];
const TIME_KEYS = [
  'time',
  'ts',
  'timestamp',
  '@timestamp',
  'asctime',
  'datetime',
  'date',
  '@t',
  't',
];
const LONGEST_JSON = 65_536;

// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g;

/** Without terminal colours and control characters: safe to match and to print. */
export function plainText(line: string): string {
  return hasControls(line) ? line.replace(ESCAPES, '').replace(CONTROLS, '') : line;
}

/** A loop, because an expression over each character costs several times as much. */
function hasControls(line: string): boolean {
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a) || code === 0x7f) return true;
  }
  return false;
}

/** `level`: what `levelOfBytes` found in the line. */
export function parseLogLine(
  line: string,
  level: LogLevel | null,
  context: TimeContext,
): ParsedLine {
  const text = plainText(line);
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{') && trimmed.length <= LONGEST_JSON) {
    const fields = jsonObject(trimmed);
    if (fields !== null) return structured(fields, text, context);
  }
  if (PAIR_FIRST.test(text) && LOGFMT.test(text)) {
    const fields = logfmt(text);
    // Its level stands in the text, where the index saw it: both must say the same.
    if (fields !== null) return { ...structured(fields, text, context), level };
  }
  return { level, text, fields: null, atMs: headTime(text, context)?.atMs ?? null };
}

function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Cheap, since it is tried on every line. */
const PAIR_FIRST = /^[\w.@-]{1,80}=/;
const LOGFMT =
  /^(?=.{0,400}\b(?:level|lvl|severity)=)(?=.{0,4000}\b(?:msg|message|event)=)[\w.@-]{1,80}=/;
const PAIR = /([\w.@-]{1,80})=(?:"((?:[^"\\]|\\.){0,8192})"|(\S{0,8192}))(?:\s+|$)/y;

/** logfmt (Go kit, slog, Heroku); null when any part of the line is not `key=value`. */
function logfmt(text: string): Record<string, unknown> | null {
  const fields: Record<string, unknown> = {};
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < text.length) {
    const pair = PAIR.exec(text);
    if (pair === null) return null;
    fields[pair[1]!] = pair[2] === undefined ? pair[3]! : pair[2].replace(/\\(["\\])/g, '$1');
  }
  return fields;
}

function structured(
  found: Record<string, unknown>,
  line: string,
  context: TimeContext,
): ParsedLine {
  const fields: Record<string, unknown> = { ...found };
  const level = takeFirst(fields, LEVEL_KEYS, readLevel);
  const atMs = takeFirst(fields, TIME_KEYS, (value) => valueTime(value, context));
  const text = takeFirst(fields, MESSAGE_KEYS, (value) =>
    typeof value === 'string' ? plainText(value) : null,
  );
  return { level: level ?? nestedLevel(found), text: text ?? line, fields, atMs };
}

/** Reads and removes the first key that has a value of the wanted kind. */
function takeFirst<T>(
  fields: Record<string, unknown>,
  keys: readonly string[],
  read: (value: unknown) => T | null,
): T | null {
  for (const key of keys) {
    if (!Object.hasOwn(fields, key)) continue;
    const value = read(fields[key]);
    if (value === null) continue;
    delete fields[key];
    return value;
  }
  return null;
}

function readLevel(value: unknown): LogLevel | null {
  if (typeof value === 'number') return levelName(levelOfNumber(value));
  return typeof value === 'string' ? levelName(levelCode(plainText(value).trim())) : null;
}

/** ECS writes `{"log": {"level": "error"}}`. */
function nestedLevel(fields: Record<string, unknown>): LogLevel | null {
  const log = fields['log'];
  if (typeof log !== 'object' || log === null) return null;
  return readLevel((log as Record<string, unknown>)['level']);
}
