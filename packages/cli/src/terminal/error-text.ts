/** The one function that makes every error people see; its shape is fixed (see docs/cli.md). */
import type { FettleError, Place } from '@fettle/sdk/fettle-error';
import { fitCharset } from './ascii.ts';
import type { Look } from './look.ts';
import { paint } from './paint.ts';
import { widthOf } from './width.ts';

export type ErrorView = Readonly<{
  /** `error` or `warning`. */
  severity: 'error' | 'warning';
  code: string;
  message: string;
  hint: string;
  place: Place | null;
  /** Text of the place's line; null: not to be shown. */
  sourceLine: string | null;
  /** Characters to mark, from the place's column. */
  length: number;
}>;

/** The file is shown relative to `dir` where it lies below. */
export function renderError(view: ErrorView, look: Look, dir: string): string {
  const tone = view.severity === 'error' ? 'bad' : 'warn';
  const lines = [`${paint(look, tone, `${view.severity}[${view.code}]`)}: ${view.message}`];
  const { place, sourceLine } = view;
  if (place !== null) {
    lines.push(`  ┌ ${shortPath(place.file, dir)}:${place.line}:${place.column}`);
    if (sourceLine !== null && sourceLine.trim() !== '') {
      const number = String(place.line);
      const room = Math.max(20, look.columns - number.length - 8);
      const before = sourceLine.slice(0, place.column - 1).replaceAll('\t', ' ');
      lines.push(`  │ ${number} │ ${cutEnd(sourceLine.replaceAll('\t', ' '), room)}`);
      const mark = paint(look, tone, '━'.repeat(Math.max(1, Math.min(view.length, 60))));
      if (widthOf(before) < room)
        lines.push(`  │ ${' '.repeat(number.length)} ╵ ${' '.repeat(widthOf(before))}${mark}`);
    }
  }
  const hints = view.hint === '' ? [] : view.hint.split('\n');
  hints.forEach((hint, at) => lines.push(`  ${at === 0 ? 'fix ' : 'or  '}  ${hint}`));
  lines.push(`  more  fettle explain ${view.code}`);
  return lines.map((line) => `${fitCharset(line, look.unicode)}\n`).join('');
}

/** An error without a mark in a file, or with one whose length nobody knows. */
export function viewOf(error: FettleError, sourceLine: string | null): ErrorView {
  const { code, message, hint, place } = error;
  return { severity: 'error', code, message, hint, place, sourceLine, length: 4 };
}

function cutEnd(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

export function shortPath(path: string, dir: string): string {
  const prefix = dir.endsWith('/') ? dir : `${dir}/`;
  return dir !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path;
}
