/**
 * Prints problems for people (an excerpt of the file with the spot underlined), for logs (one line
 * each), for GitHub's annotations and as JSON. Source of the GitHub form: "Workflow commands".
 */
import type { Problem } from './problem.ts';

export type RenderOptions = Readonly<{
  /** ANSI colours. */
  color: boolean;
  /** Plain ASCII instead of box lines. */
  ascii?: boolean;
  /** Full excerpts for this many; the rest is printed one line each. 20 unless told. */
  excerpts?: number;
}>;

/** Terminal form of UX 1.3, problems first, then warnings. */
export function renderProblems(problems: readonly Problem[], options: RenderOptions): string {
  const full = options.excerpts ?? 20;
  const parts = problems.slice(0, full).map((problem) => renderProblem(problem, options));
  const rest = problems.slice(full).map(renderLine);
  return [parts.join('\n'), ...rest].filter((part) => part !== '').join('\n');
}

export function renderProblem(problem: Problem, { color, ascii = false }: RenderOptions): string {
  const paint = (codes: string, text: string) =>
    color ? `\u001B[${codes}m${text}\u001B[0m` : text;
  const tone = problem.severity === 'error' ? '31' : '33';
  const dim = (text: string) => paint('2', text);
  const signs = ascii
    ? { top: '+-', side: '|', end: '|', mark: '^' }
    : { top: '┌', side: '│', end: '╵', mark: '━' };
  const { file, line, column } = problem.place;
  const lines = [
    `${paint(`1;${tone}`, `${problem.severity}[${problem.code}]`)}: ${paint('1', printable(problem.message))}`,
    `  ${dim(signs.top)} ${printable(file)}:${line}:${column}`,
  ];
  if (problem.sourceLine !== null) {
    const { text, before, length } = excerpt(problem, 100);
    const number = String(line);
    const pad = ' '.repeat(number.length);
    const mark = paint(tone, signs.mark.repeat(Math.max(1, length)));
    lines.push(
      `  ${dim(signs.side)} ${number} ${dim(signs.side)} ${text}`,
      `  ${dim(signs.side)} ${pad} ${dim(signs.end)} ${' '.repeat(before)}${mark}`,
    );
  }
  lines.push(`  ${paint('36', 'fix ')}  ${printable(problem.hint)}`);
  if (problem.nearest === null && problem.allowed.length > 1 && problem.allowed.length <= 60)
    lines.push(`  ${dim('may ')}  ${printable(problem.allowed.join(', '))}`);
  lines.push(`  ${dim('more')}  fettle explain ${problem.code}`, '');
  return lines.join('\n');
}

type Excerpt = Readonly<{ text: string; before: number; length: number }>;

/** The part of the line around the spot, tabs as one blank so that the mark stands below it. */
function excerpt(problem: Problem, width: number): Excerpt {
  const whole = printable((problem.sourceLine ?? '').replaceAll('\t', ' '));
  const start = Math.min(problem.place.column - 1, whole.length);
  const from = start < width - 20 ? 0 : start - 40;
  const cut = whole.slice(from, from + width);
  const lead = from > 0 ? '…' : '';
  const tail = from + width < whole.length ? '…' : '';
  const before = start - from + lead.length;
  const room = Math.max(1, cut.length + lead.length - before);
  return { text: `${lead}${cut}${tail}`, before, length: Math.min(problem.length, room) };
}

/** `fettle.yaml:7:11: error[E-CONFIG-PORT]: …; hint` */
export function renderLine(problem: Problem): string {
  const { file, line, column } = problem.place;
  const text = `${file}:${line}:${column}: ${problem.severity}[${problem.code}]: ${sentence(problem.message)} ${problem.hint}`;
  return printable(text);
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** A file may hold control characters; a terminal must never obey them. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, '\uFFFD');
}

/** `-o github` */
export function renderGithub(problem: Problem): string {
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const { file, line, column } = problem.place;
  const at = `file=${property(file)},line=${line},col=${column},endColumn=${column + problem.length}`;
  const text = data(`${sentence(problem.message)} ${problem.hint}`);
  return `::${problem.severity} ${at},title=${property(problem.code)}::${text}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** The document of `config validate --json`. */
export function problemsDocument(problems: readonly Problem[], warnings: readonly Problem[]) {
  return {
    schema: 'fettle.config-problems/v1',
    ok: problems.length === 0,
    problems,
    warnings,
  } as const;
}
