/**
 * Puts our entries into an array of a JSON-with-comments file. What is not ours keeps every letter:
 * values, comments, order, indentation and line ends.
 */
import {
  endOfTrivia,
  parseJsonc,
  valueOf,
  type JsoncArray,
  type JsoncNode,
  type JsoncObject,
} from './jsonc.ts';
import { FettleError } from '@fettle/sdk/fettle-error';

export type Entry = Readonly<Record<string, unknown>>;

export type EntryList = Readonly<{
  /** Key of the array in the file's top object. */
  key: string;
  /** Field by which entries are known: `label`. */
  id: string;
  entries: readonly Entry[];
  /** Entries of an earlier run of ours that are wanted no more may go. */
  isOurs: (id: string) => boolean;
}>;

/** Of a line of ours. */
const maxColumns = 98;

type Edit = Readonly<{ start: number; end: number; text: string }>;
type Style = Readonly<{ unit: string; eol: string }>;

/** @throws FettleError E-INIT-JSON when `text` is something else. */
export function mergeEntries(text: string, file: string, lists: readonly EntryList[]): string {
  let merged = text;
  for (const list of lists) merged = mergeOne(merged, file, list);
  return merged;
}

function mergeOne(text: string, file: string, list: EntryList): string {
  for (let rest = text; ;) {
    const array = arrayOf(rest, file, list);
    const stale = array?.items.find((item) => isStale(item, list));
    if (array !== undefined && stale !== undefined) {
      rest = applyEdits(rest, removal(rest, array, stale));
      continue;
    }
    if (array === undefined) return addArray(rest, file, list);
    return applyEdits(rest, editsFor(rest, array, list));
  }
}

function arrayOf(text: string, file: string, { key }: EntryList): JsoncArray | undefined {
  const array = rootOf(text, file).members.find((member) => member.key === key)?.value;
  if (array === undefined || array.kind === 'array') return array;
  throw notAs(file, `"${key}"`, 'a list […]');
}

function rootOf(text: string, file: string): JsoncObject {
  const root = parseJsonc(text, file);
  if (root.kind === 'object') return root;
  throw notAs(file, 'the whole file', 'an object {…}');
}

function isStale(item: JsoncNode, { id, entries, isOurs }: EntryList): boolean {
  const own = idOf(item, id);
  return own !== null && isOurs(own) && !entries.some((entry) => entry[id] === own);
}

function addArray(text: string, file: string, { key, entries }: EntryList): string {
  const style = styleOf(text);
  const container = rootOf(text, file);
  const last = container.members.at(-1)?.value ?? null;
  const body = `${style.unit}"${key}": ${jsonOf(entries, style, style.unit)}`;
  return applyEdits(text, appendTo(text, { container, last, body, indent: '' }));
}

function editsFor(text: string, array: JsoncArray, list: EntryList): readonly Edit[] {
  const style = styleOf(text);
  const wanted = new Map(list.entries.map((entry) => [String(entry[list.id]), entry]));
  const edits: Edit[] = [];
  for (const item of array.items) {
    const id = idOf(item, list.id);
    const entry = id === null ? undefined : wanted.get(id);
    if (id === null || entry === undefined) continue;
    wanted.delete(id);
    if (JSON.stringify(valueOf(item)) === JSON.stringify(entry)) continue;
    const indent = indentAt(text, item.start);
    edits.push({ start: item.start, end: item.end, text: jsonOf(entry, style, indent) });
  }
  if (wanted.size === 0) return edits;
  const indent = indentAt(text, array.end - 1);
  const inner = indent + style.unit;
  const bodies = [...wanted.values()].map((entry) => `${inner}${jsonOf(entry, style, inner)}`);
  const body = bodies.join(`,${style.eol}`);
  const last = array.items.at(-1) ?? null;
  return [...edits, ...appendTo(text, { container: array, last, body, indent })];
}

type Addition = Readonly<{
  container: JsoncArray | JsoncObject;
  last: JsoncNode | null;
  body: string;
  /** Of the line with the closing bracket. */
  indent: string;
}>;

/** A comma behind the last entry, the new ones on lines of their own before the bracket. */
function appendTo(text: string, { container, last, body, indent }: Addition): readonly Edit[] {
  const { eol } = styleOf(text);
  const edits: Edit[] = [];
  if (last !== null && text[endOfTrivia(text, last.end)] !== ',')
    edits.push({ start: last.end, end: last.end, text: ',' });
  const close = container.end - 1;
  const lineStart = text.lastIndexOf('\n', close - 1) + 1;
  const ownLine = lineStart > container.start && /^[ \t]*$/.test(text.slice(lineStart, close));
  const at = ownLine ? lineStart : close;
  const fresh = ownLine ? `${body}${eol}` : `${eol}${body}${eol}${indent}`;
  return [...edits, { start: at, end: at, text: fresh }];
}

/** The entry, the comma that goes with it and, where it had a line of its own, the line. */
function removal(text: string, array: JsoncArray, item: JsoncNode): readonly Edit[] {
  const next = endOfTrivia(text, item.end);
  const hasComma = text[next] === ',';
  let { start } = item;
  let end = hasComma && /^[ \t]*$/.test(text.slice(item.end, next)) ? next + 1 : item.end;
  const edits: Edit[] = [];
  if (hasComma && end === item.end) edits.push({ start: next, end: next + 1, text: '' });
  const before = hasComma ? undefined : array.items[array.items.indexOf(item) - 1];
  if (before !== undefined) {
    const comma = endOfTrivia(text, before.end);
    edits.push({ start: comma, end: comma + 1, text: '' });
  }
  const blankBefore = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const lineEnd = /^[ \t]*\r?\n/.exec(text.slice(end));
  if (lineEnd !== null && text[start - blankBefore - 1] === '\n') {
    start -= blankBefore;
    end += lineEnd[0].length;
  }
  return [...edits, { start, end, text: '' }];
}

/** From the end on, so that offsets stay true; of two at one place the first comes first. */
function applyEdits(text: string, edits: readonly Edit[]): string {
  let done = text;
  for (const edit of edits.toReversed().toSorted((a, b) => b.start - a.start))
    done = done.slice(0, edit.start) + edit.text + done.slice(edit.end);
  return done;
}

function idOf(node: JsoncNode, field: string): string | null {
  if (node.kind !== 'object') return null;
  const value = node.members.find(({ key }) => key === field)?.value;
  return value?.kind === 'plain' && typeof value.value === 'string' ? value.value : null;
}

function styleOf(text: string): Style {
  const unit = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
  return { unit: unit.startsWith('\t') ? '\t' : unit, eol: text.includes('\r\n') ? '\r\n' : '\n' };
}

function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

/** What fits on a line stays on one. */
function jsonOf(value: unknown, style: Style, indent: string): string {
  const line = onOneLine(value);
  if (typeof value !== 'object' || value === null || indent.length + line.length <= maxColumns)
    return line;
  const inner = indent + style.unit;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((one) => inner + jsonOf(one, style, inner))
    : Object.entries(value).map(
        ([key, one]) => `${inner}${JSON.stringify(key)}: ${jsonOf(one, style, inner)}`,
      );
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return `${open}${style.eol}${parts.join(`,${style.eol}`)}${style.eol}${indent}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value);
  if (members.length === 0) return '{}';
  return `{ ${members.map(([key, one]) => `${JSON.stringify(key)}: ${onOneLine(one)}`).join(', ')} }`;
}

function notAs(file: string, what: string, wanted: string): FettleError {
  return new FettleError('E-INIT-JSON', `${file}: ${what} is not ${wanted}`, {
    hint: 'mend it, or move the file away; nothing was written',
    exitCode: 2,
  });
}
