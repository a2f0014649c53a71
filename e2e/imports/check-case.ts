/** What the import promise says of one case: measured, not judged. */
import { cpSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { exportStack } from '@fettle/config/export/export-stack';
import { importStack, type Imported } from '@fettle/config/import/import-stack';
import { checkStack } from '@fettle/config/load-stack';
import { ProblemSink } from '@fettle/config/problem/problem';
import { readSource } from '@fettle/config/source/read-source';
import type { Case } from './cases.ts';
import { addMadeUp, madeUpNotes } from './made-up.ts';

const data = fileURLToPath(new URL('data/', import.meta.url));

export type Checked = Readonly<{
  /** Empty: it became a stack without a problem. */
  problems: readonly string[];
  services: readonly string[];
  /** Directives that were named, as `service directive`. */
  named: readonly string[];
  /** Of those: not found under `x-…` (or, in a Compose file, at their place). */
  notKept: readonly string[];
  /** Made-up directives that were dropped in silence. */
  dropped: readonly string[];
  /** Of the file exported and imported again: the same text, the same stack, or neither. */
  again: 'same text' | 'same stack' | 'other';
}>;

/** A folder with the files of the case and the programs that they run. */
export function folderOf({ format, name }: Case): string {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-import-'));
  cpSync(join(data, 'programs'), dir, { recursive: true });
  cpSync(join(data, format, name), dir, { recursive: true });
  return dir;
}

export function environmentOf(one: Case): Readonly<Record<string, string>> {
  return { HOME: process.env['HOME'] ?? '/', PATH: process.env['PATH'] ?? '', ...one.env };
}

export function checkCase(one: Case): Checked {
  const dir = folderOf(one);
  try {
    const read = importFrom(one, dir, resolve(dir, one.main));
    if (read.imported === null)
      return { ...nothing, problems: read.problems, dropped: madeUpNotes(one) };
    const { imported } = read;
    const stack = stackOf(one, dir, imported.text);
    const named = namesOf(imported);
    return {
      problems: stack.problems,
      services: stack.services,
      named,
      notKept: named.filter((note) => !isKept(note, imported, one)),
      again: roundTrip(one, dir, { text: imported.text, stack: stack.facts }),
      dropped: droppedOf(one),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const nothing: Checked = {
  problems: [],
  services: [],
  named: [],
  notKept: [],
  dropped: [],
  again: 'other',
};

type Read = Readonly<{ imported: Imported | null; problems: readonly string[] }>;

function importFrom(one: Case, dir: string, path: string): Read {
  const sink = new ProblemSink();
  const env = environmentOf(one);
  const imported = importStack({ format: one.format, path, cwd: dir, env, sink });
  return {
    imported,
    problems: sink.list('error').map(({ code, message }) => `${code} ${message}`),
  };
}

/** Of notes about what has no word here; kept Compose words are told by their whole path. */
const namesOf = ({ notes }: Imported): readonly string[] =>
  notes
    .filter(({ kind }) => kind === 'kept')
    .map(({ service, directive }) => (service === null ? directive : `${service} ${directive}`));

function stackOf(one: Case, dir: string, text: string) {
  writeFileSync(join(dir, 'fettle.yaml'), text);
  const checked = checkStack({ dir, env: environmentOf(one) });
  rmSync(join(dir, 'fettle.yaml'));
  const services = checked.stack?.services ?? [];
  return {
    services: services.map(({ name }) => name),
    problems: checked.problems.map(({ code, message }) => `${code} ${message}`),
    facts: JSON.stringify(services.map((service) => ({ ...service, place: null }))),
  };
}

type Tree = { readonly [key: string]: unknown };
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** Under `x-…` of its service, under its own name or that of the mapping that it stood in. */
function isKept(note: string, { text }: Imported, { format }: Case): boolean {
  const root = parse(text, { merge: true }) as Tree;
  const [first = '', second] = note.split(' ');
  const services = isTree(root['services']) ? root['services'] : {};
  const service = second === undefined ? undefined : services[first];
  const home = isTree(service) ? service : root;
  const directive = isTree(service) ? (second ?? '') : note;
  return holds(home, format, directive);
}

function holds(home: Tree, format: string, directive: string): boolean {
  const aside = home[`x-${format}`];
  if (isTree(aside) && aside[directive] !== undefined) return true;
  const [outer = '', inner] = directive.split(/[. ](.*)/s);
  if (format === 'compose') {
    if (home[directive] !== undefined) return true;
    const below = home[outer];
    return inner !== undefined && isTree(below) && holds(below, format, inner);
  }
  // A script's flags stand in the script.
  const whole = isTree(aside) ? JSON.stringify(aside[outer] ?? '') : '';
  return (inner ?? '').split(' ').every((word) => whole.includes(word));
}

/** A made-up directive in every service; in a Procfile, which has none, a line that says nothing. */
function droppedOf(one: Case): readonly string[] {
  const dir = folderOf(one);
  try {
    const { imported, problems } = importFrom(one, dir, addMadeUp(dir, one));
    if (one.format === 'procfile')
      return problems.some((text) => text.startsWith('E-IMPORT-SYNTAX')) ? [] : ['frobnicate'];
    const named = new Set(imported === null ? [] : namesOf(imported));
    return madeUpNotes(one).filter(
      (note) => !named.has(note) || imported === null || !isKept(note, imported, one),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const body = (text: string): string => text.replace(/^# From .*\n/, '').trim();

function roundTrip(
  one: Case,
  dir: string,
  before: Readonly<{ text: string; stack: string }>,
): Checked['again'] {
  const own = join(dir, 'fettle.yaml');
  writeFileSync(own, before.text);
  const source = readSource(own, dir);
  rmSync(own);
  if (!source.ok) return 'other';
  const { files } = exportStack(source.source, one.format);
  const folder = one.format === 'systemd' ? join(dir, 'exported') : dir;
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  // What an export holds already must not be laid over it a second time.
  for (const over of ['process-compose.override.yaml', 'compose.override.yaml'])
    rmSync(join(dir, over), { force: true });
  const main = one.format === 'systemd' ? folder : join(folder, files[0]?.name ?? '');
  const { imported } = importFrom(one, dir, main);
  if (imported === null) return 'other';
  if (body(imported.text) === body(before.text)) return 'same text';
  return stackOf(one, dir, imported.text).facts === before.stack ? 'same stack' : 'other';
}
