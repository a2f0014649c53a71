/**
 * A folder as a tar stream for `POST /build`, without what `.dockerignore` names. Source: POSIX pax
 * interchange format; Docker, ".dockerignore file".
 */
import { createReadStream, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

const block = 512;
/** Ours lies beside the config and holds sockets and logs. */
const never = new Set(['.fettle']);

export function contextTar(folder: string, dockerfile: string): Readable {
  const isIgnored = ignoreRules(folder, dockerfile);
  return Readable.from(entriesOf(folder, '', isIgnored));
}

async function* entriesOf(
  folder: string,
  below: string,
  isIgnored: (path: string) => boolean,
): AsyncGenerator<Buffer> {
  for (const name of readdirSync(join(folder, below)).toSorted()) {
    const path = below === '' ? name : `${below}/${name}`;
    if (never.has(path)) continue;
    const file = join(folder, path);
    const facts = lstatSync(file, { throwIfNoEntry: false });
    if (facts === undefined) continue;
    const ignored = isIgnored(path);
    if (facts.isDirectory()) {
      if (!ignored) yield* header({ name: `${path}/`, type: '5', size: 0, mode: facts.mode });
      // A rule with `!` may call back what lies in it.
      yield* entriesOf(folder, path, isIgnored);
    } else if (ignored) continue;
    else if (facts.isSymbolicLink())
      yield* header({ name: path, type: '2', size: 0, mode: 0o777, link: readlinkSync(file) });
    else if (facts.isFile()) yield* fileOf(file, path, facts.mode, facts.size);
  }
  if (below === '') yield Buffer.alloc(block * 2);
}

/** A file that grows or shrinks meanwhile keeps the length that its header says. */
async function* fileOf(
  file: string,
  path: string,
  mode: number,
  size: number,
): AsyncGenerator<Buffer> {
  yield* header({ name: path, type: '0', size, mode });
  let left = size;
  if (size > 0)
    for await (const chunk of createReadStream(file, { end: size - 1 })) {
      left -= (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  const padding = left + ((block - (size % block)) % block);
  if (padding > 0) yield Buffer.alloc(padding);
}

type Entry = Readonly<{ name: string; type: string; size: number; mode: number; link?: string }>;

function* header(entry: Entry): Generator<Buffer> {
  const records: string[] = [];
  if (Buffer.byteLength(entry.name) > 100) records.push(paxRecord('path', entry.name));
  if (entry.link !== undefined && Buffer.byteLength(entry.link) > 100)
    records.push(paxRecord('linkpath', entry.link));
  if (records.length > 0) {
    const text = Buffer.from(records.join(''));
    yield plainHeader({ name: 'pax', type: 'x', size: text.length, mode: 0o644 });
    yield Buffer.concat([text, Buffer.alloc((block - (text.length % block)) % block)]);
  }
  yield plainHeader(entry);
}

/** `<length> key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (length !== bytes + String(length).length) length = bytes + String(length).length;
  return `${length}${rest}`;
}

function plainHeader({ name, type, size, mode, link }: Entry): Buffer {
  const head = Buffer.alloc(block);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  head.write(Buffer.from(name).subarray(0, 100).toString('latin1'), 0, 100, 'latin1');
  head.write(octal(mode & 0o7777, 7), 100);
  head.write(octal(0, 7), 108);
  head.write(octal(0, 7), 116);
  head.write(octal(size, 11), 124);
  // Times are left out, so that the same files make the same layers.
  head.write(octal(0, 11), 136);
  head.write('        ', 148);
  head.write(type, 156);
  if (link !== undefined)
    head.write(Buffer.from(link).subarray(0, 100).toString('latin1'), 157, 100, 'latin1');
  head.write('ustar\u000000', 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${octal(sum, 6)}\0 `, 148);
  return head;
}

/** The last rule that matches decides; `!` calls back. The Dockerfile itself always goes along. */
export function ignoreRules(folder: string, dockerfile: string): (path: string) => boolean {
  const rules = readRules(folder).flatMap((line) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    const back = text.startsWith('!');
    const pattern = (back ? text.slice(1) : text).trim().replace(/^\.?\/+|\/+$/g, '');
    return pattern === '' ? [] : [{ back, form: formOf(pattern) }];
  });
  return (path) => {
    if (path === dockerfile || path === '.dockerignore') return false;
    let ignored = false;
    for (const { back, form } of rules) if (form.test(path)) ignored = !back;
    return ignored;
  };
}

function readRules(folder: string): readonly string[] {
  try {
    return readFileSync(join(folder, '.dockerignore'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** What a pattern matches, it matches with all that lies below. */
function formOf(pattern: string): RegExp {
  const text = pattern
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`);
    })
    .join('');
  return new RegExp(`^${text}(?:/.*)?$`);
}
