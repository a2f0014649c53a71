/**
 * Renders a service's template files before it starts: read, fill in, write atomically. What we wrote
 * last is remembered by its hash, so that an edit by hand is known: it is kept beside the file, and
 * told, before the file is written anew.
 */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { lineDiff, type LineDiff } from '@fettle/core/stack/line-diff';
import type { Template } from '@fettle/core/stack/service';
import { renderTemplate } from '@fettle/core/stack/template';
import { writeAtomically } from './atomic-file.ts';
import type { CommandTrouble } from './command-check.ts';

/** Bound: a template is text that a person wrote. */
const maxBytes = 4 * 1_048_576;

export type WrittenTemplate = Readonly<{
  /** Absolute. */
  to: string;
  diff: LineDiff;
  /** Where the edit by hand is kept; null: there was none. */
  kept: string | null;
}>;

export type Rendering = Readonly<{
  workingDir: string;
  environment: Readonly<Record<string, string>>;
  /** `.fettle`. */
  stateDir: string;
  /** A file that was there is written anew with another content. */
  onWritten: (written: WrittenTemplate) => void;
}>;

/** null: all are written. */
export function renderTemplateFiles(
  templates: readonly Template[],
  rendering: Rendering,
): CommandTrouble | null {
  for (const template of templates) {
    try {
      const message = renderOne(template, rendering);
      if (message !== null) return trouble(message);
    } catch (error) {
      return trouble(error instanceof Error ? error.message : String(error));
    }
  }
  return null;
}

function renderOne({ from, to, mode }: Template, rendering: Rendering): string | null {
  const { workingDir, environment, stateDir } = rendering;
  const source = resolve(workingDir, from);
  const facts = statSync(source);
  if (facts.size > maxBytes) return `${from} is larger than ${maxBytes} bytes`;
  const rendered = renderTemplate(readFileSync(source, 'utf8'), environment);
  if (rendered.missing.length > 0)
    return `${from} names ${rendered.missing.join(', ')}, which is not set`;
  const target = resolve(workingDir, to);
  const permissions = mode ?? facts.mode & 0o777;
  mkdirSync(dirname(target), { recursive: true });
  const before = readText(target);
  const { text } = rendered;
  const memory = memoryOf(stateDir);
  if (before === text) chmodSync(target, permissions);
  else {
    const isEdited = before !== null && memory[target] !== hashOf(before);
    const kept = isEdited ? `${target}.edited` : null;
    if (kept !== null) copyFileSync(target, kept);
    writeAtomically(target, text, permissions);
    // A umask takes bits from a file that is new.
    chmodSync(target, permissions);
    if (before !== null) rendering.onWritten({ to: target, diff: lineDiff(before, text), kept });
  }
  const hash = hashOf(text);
  if (memory[target] !== hash) remember(stateDir, { ...memory, [target]: hash });
  return null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

type Memory = Readonly<Record<string, string>>;

function memoryOf(stateDir: string): Memory {
  try {
    return JSON.parse(readFileSync(join(stateDir, 'rendered.json'), 'utf8')) as Memory;
  } catch {
    return {};
  }
}

/** A full disk: the next edit by hand is kept once too often. */
function remember(stateDir: string, memory: Memory): void {
  try {
    writeAtomically(join(stateDir, 'rendered.json'), `${JSON.stringify(memory)}\n`);
  } catch {
    return;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function trouble(message: string): CommandTrouble {
  return { code: 'E-TEMPLATE', message };
}
