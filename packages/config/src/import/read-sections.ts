/**
 * Reads files of `[section]` and `key = value`: systemd's units and supervisord's INI, which differ
 * in how a value goes on over lines and where a comment may stand.
 *
 * Sources: systemd.syntax(7); Python's configparser with the prefixes that supervisord gives it.
 */
import type { ProblemSink } from '../problem/problem.ts';
import type { Source, Spot } from '../source/node.ts';
import { Directives, type Plain } from './draft.ts';

export type SectionEntry = Readonly<{ key: string; value: string; spot: Spot }>;
export type Section = Readonly<{
  name: string;
  spot: Spot;
  entries: readonly SectionEntry[];
  /** Those right before it and those inside it. */
  comments: readonly string[];
}>;
export type Sections = Readonly<{
  sections: readonly Section[];
  /** Comments before the first section, set apart by an empty line. */
  head: readonly string[];
}>;
export type SectionSyntax = 'systemd' | 'ini';

type Open = { name: string; spot: Spot; entries: SectionEntry[]; comments: string[] };

export function readSections(source: Source, syntax: SectionSyntax, sink: ProblemSink): Sections {
  const found: Open[] = [];
  const head: string[] = [];
  let waiting: string[] = [];
  for (const { text, spot } of logicalLines(source, syntax)) {
    const bare = text.trim();
    const section = /^\[([^\]]+)\]/.exec(bare);
    if (bare === '') {
      if (found.length === 0) head.push(...waiting.splice(0));
    } else if (/^[#;]/.test(bare)) waiting.push(bare.replace(/^[#;]+ ?/, ''));
    else if (section !== null) {
      found.push({ name: section[1]!.trim(), spot, entries: [], comments: waiting });
      waiting = [];
    } else {
      const open = found.at(-1);
      const entry = entryOf(bare, spot, syntax);
      if (open === undefined || entry === null) refuse(bare, spot, { sink, open });
      else {
        open.entries.push(entry);
        open.comments.push(...waiting.splice(0));
      }
    }
  }
  found.at(-1)?.comments.push(...waiting);
  if (found.length === 0) head.push(...waiting);
  return { sections: found, head };
}

function entryOf(text: string, spot: Spot, syntax: SectionSyntax): SectionEntry | null {
  const match = (syntax === 'ini' ? /^([^=:]+?)\s*[=:]\s*(.*)$/s : /^([^=]+?)\s*=\s*(.*)$/s).exec(
    text,
  );
  if (match === null) return null;
  const [, key = '', value = ''] = match;
  return { key, value: value.trim(), spot: { ...spot, length: key.length } };
}

function refuse(
  seen: string,
  spot: Spot,
  { sink, open }: Readonly<{ sink: ProblemSink; open: Open | undefined }>,
): void {
  const message =
    open === undefined ? 'this line stands before the first [section]' : 'this line sets nothing';
  const hint = 'Write `[section]`, then `key=value` lines below it.';
  sink.add({ code: 'E-IMPORT-SYNTAX', spot, path: '', seen, message, hint });
}

type Line = Readonly<{ text: string; spot: Spot }>;

function logicalLines(source: Source, syntax: SectionSyntax): readonly Line[] {
  const lines: { text: string; spot: Spot }[] = [];
  let offset = 0;
  let goesOn = false;
  for (const raw of source.text.split('\n')) {
    const text = raw.replace(/\r$/, '');
    const start = offset + (text.length - text.trimStart().length);
    offset += raw.length + 1;
    const spot = { source, offset: start, length: Math.max(1, text.trim().length) };
    const last = lines.at(-1);
    const isComment = /^\s*[#;]/.test(text);
    if (goesOn && last !== undefined) {
      // A comment between the lines of one value belongs to neither.
      if (isComment && syntax === 'systemd') continue;
      last.text += ` ${text.trim().replace(/\\$/, '').trimEnd()}`;
      goesOn = text.endsWith('\\');
      continue;
    }
    const indented = /^\s+\S/.test(text) && !isComment;
    if (syntax === 'ini' && indented && last !== undefined && /[=:]/.test(last.text)) {
      last.text += `\n${withoutTail(text.trim())}`;
      continue;
    }
    goesOn = syntax === 'systemd' && text.endsWith('\\') && !isComment;
    const whole = goesOn ? text.replace(/\\$/, '').trimEnd() : text;
    lines.push({ text: syntax === 'ini' && !isComment ? withoutTail(whole) : whole, spot });
  }
  return lines;
}

/** A comment after a value, set off by a blank. */
const withoutTail = (text: string): string => text.replace(/\s[;#].*$/, '');

/** One value a key, or a list where it stands several times. An empty one resets, as in systemd. */
export function directivesOf(entries: readonly SectionEntry[], syntax: SectionSyntax): Directives {
  const values: Record<string, Plain> = {};
  const spots = new Map<string, Spot>();
  for (const { key, value, spot } of entries) {
    const name = syntax === 'ini' ? key.toLowerCase() : key;
    const before = values[name];
    spots.set(name, spots.get(name) ?? spot);
    if (syntax === 'ini' || before === undefined || value === '') values[name] = value;
    else values[name] = [before, value].flat().filter((one) => one !== '');
  }
  return new Directives(values, (key) => spots.get(key) ?? null);
}
