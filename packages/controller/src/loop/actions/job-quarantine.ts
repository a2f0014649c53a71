/**
 * Moves the job that ends its worker aside, out of the queue folder that the label `fettle.jobs`
 * names (relative to the service's working folder), into `dead-letter/` within it; the way back
 * queues it again.
 *
 * A job is a plain file directly in that folder, found by its name, by its name without ending, or
 * by the `id` in its JSON. Nothing else can be named, and no link is followed. Where the label names
 * a file, a job is one of its lines (`job-lines.ts`).
 */
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
} from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { changed, noMeans, noTarget, refused } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { readFileState } from './file-swap.ts';
import { hashOf } from './kept-bytes.ts';
import { blankLine, findLine, restoreLine, seenLine, type JobLine } from './job-lines.ts';
import { serviceOf, targetOf } from './supervised-service.ts';

const label = 'fettle.jobs';
const deadLetter = 'dead-letter';
/** Jobs whose content is looked into at most. */
const maxLooked = 1_000;
const maxJobBytes = 1_048_576;

const capturedFile = z.object({ from: z.string(), to: z.string(), hash: z.string() });
const capturedLine = z.object({
  file: z.string(),
  offset: z.int(),
  length: z.int(),
  hash: z.string(),
});
const captured = z.union([capturedLine, capturedFile]);
type FileMove = z.infer<typeof capturedFile>;

export const jobQuarantine: Action = {
  name: 'job.quarantine',
  describe: (params) => `move job ${String(params['job'] ?? '?')} of ${targetOf(params)} aside`,
  plan(params, world) {
    const target = targetOf(params);
    const folder = queueOf(params, world);
    const job = params['job'];
    const lacks =
      folder === null ? `the label ${label}` : job === undefined ? 'the name of the job' : null;
    if (lacks !== null || folder === null) {
      const text = `move the job that ends ${target} aside`;
      return Promise.resolve(plan(text, 'move it out of the queue by hand', [target], lacks));
    }
    if (isFile(folder)) {
      lineOf(folder, String(job));
      const text = `blank out the line of ${String(job)} in ${basename(folder)}`;
      return Promise.resolve(plan(text, `edit ${folder}: take that line out`, [target]));
    }
    const path = find(folder, String(job));
    const command = `mv ${path} ${join(folder, deadLetter)}/`;
    return Promise.resolve(plan(`move ${basename(path)} aside`, command, [target]));
  },
  capture(params, world) {
    const folder = queueOf(params, world);
    if (folder === null)
      throw noMeans(`${targetOf(params)} names no queue`, `Name its folder by the label ${label}.`);
    if (params['job'] === undefined)
      throw noMeans('which job it is, is not known', 'Move it out of the queue by hand.');
    if (isFile(folder)) {
      const { line, bytes } = lineOf(folder, String(params['job']));
      world.kept.keep(bytes);
      return Promise.resolve(line);
    }
    const from = find(folder, String(params['job']));
    const to = join(folder, deadLetter, basename(from));
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined)
      throw refused(`${basename(from)} lies in ${deadLetter} already`, 'Look at it there.');
    return Promise.resolve({ from, to, hash: hashOf(readFileState(from)?.bytes ?? '') });
  },
  apply(params, capture, { world }) {
    const move = within(params, capture, world);
    if ('file' in move) {
      blankLine(move, world.kept);
      return Promise.resolve(`the line lies in ${basename(move.file)}.dead-letter now`);
    }
    const { from, to, hash } = move;
    if (hashNow(from) !== hash) throw changed(`${basename(from)} is no longer in the queue`);
    moveAside(from, to);
    return Promise.resolve(`${basename(from)} lies in ${deadLetter} now`);
  },
  undo(params, capture, { world }) {
    const move = within(params, capture, world);
    if ('file' in move) {
      restoreLine(move, world.kept);
      return Promise.resolve('the line is queued again');
    }
    const { from, to, hash } = move;
    if (hashNow(from) === hash) return Promise.resolve(`${basename(from)} is queued already`);
    if (hashNow(to) !== hash) throw changed(`${basename(to)} is no longer in ${deadLetter}`);
    if (hashNow(from) !== null) throw changed(`another job has the name ${basename(from)} now`);
    renameSync(to, from);
    return Promise.resolve(`${basename(from)} is queued again`);
  },
  observe(_params, capture) {
    const move = captured.parse(capture);
    if ('file' in move) return Promise.resolve(seenLine(move));
    const { from, to, hash } = move;
    if (hashNow(to) === hash && hashNow(from) === null) return Promise.resolve('done');
    return Promise.resolve(hashNow(from) === hash ? 'not-done' : 'unknown');
  },
};

/** A record that names a place outside the queue is not followed. */
function within(params: ActParams, capture: unknown, world: ActionWorld): FileMove | JobLine {
  const move = captured.parse(capture);
  const folder = queueOf(params, world);
  const isInside =
    folder !== null &&
    ('file' in move
      ? move.file === folder
      : move.from === join(folder, basename(move.from)) &&
        move.to === join(folder, deadLetter, basename(move.from)));
  if (isInside) return move;
  throw refused(
    `${'file' in move ? move.file : move.from} is not in the queue of ${targetOf(params)}`,
    'Look yourself.',
  );
}

function queueOf(params: ActParams, world: ActionWorld): string | null {
  const { labels, workingDir } = serviceOf(world, targetOf(params));
  const named = labels[label];
  return named === undefined || named === '' ? null : resolve(workingDir, named);
}

function isFile(queue: string): boolean {
  return lstatSync(queue, { throwIfNoEntry: false })?.isFile() === true;
}

function lineOf(file: string, job: string) {
  const found = findLine(file, job);
  if (found !== null) return found;
  throw noTarget(`there is no job ${job} in ${file}`, 'It was taken, or has another name.');
}

/** @throws FettleError E-ACT-TARGET */
function find(folder: string, job: string): string {
  const names = plainFiles(folder);
  const name =
    names.find((one) => one === job) ??
    names.find((one) => one.slice(0, one.length - extname(one).length) === job) ??
    names.slice(0, maxLooked).find((one) => idOf(join(folder, one)) === job);
  if (name !== undefined) return join(folder, name);
  throw noTarget(`there is no job ${job} in ${folder}`, 'It was taken, or has another name.');
}

function plainFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function idOf(path: string): string | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size > maxJobBytes) return null;
  try {
    const { id } = JSON.parse(readFileState(path)?.bytes.toString('utf8') ?? '') as {
      id?: unknown;
    };
    return typeof id === 'string' || typeof id === 'number' ? String(id) : null;
  } catch {
    return null;
  }
}

function moveAside(from: string, to: string): void {
  const folder = join(to, '..');
  mkdirSync(folder, { recursive: true });
  if (!lstatSync(folder).isDirectory())
    throw refused(`${folder} is a link`, 'Links are not followed.');
  renameSync(from, to);
  for (const touched of [folder, join(from, '..')]) {
    const fd = openSync(touched, 'r');
    fsyncSync(fd);
    closeSync(fd);
  }
}

function hashNow(path: string): string | null {
  const now = readFileState(path);
  return now === null ? null : hashOf(now.bytes);
}
