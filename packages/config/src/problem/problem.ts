/**
 * What is wrong with a config: every problem at once, each with its place, what was seen, what is
 * allowed and what to do. A person mends the file in one pass instead of one error per try.
 */
import { FettleError, type Place } from '@fettle/sdk/fettle-error';
import { isSecretName, redactLine, redactText } from '../redact.ts';
import { lengthOnLine, lineAt, placeOf, type Spot } from '../source/node.ts';

export type Problem = Readonly<{
  severity: 'error' | 'warning';
  /** `E-CONFIG-…` or `W-CONFIG-…`; explained in `docs/errors.md`. */
  code: string;
  place: Place;
  /** Characters to mark on the line, at least 1. */
  length: number;
  /** `services.api.port`; empty for the file as a whole. */
  path: string;
  /** The value or key found, secrets masked; null: something is missing. */
  seen: string | null;
  /** Values or keys that would do; empty when they cannot be listed. */
  allowed: readonly string[];
  /** The closest allowed word; null: none is close. */
  nearest: string | null;
  /** One sentence without the place. */
  message: string;
  hint: string;
  /** The line of the file, secrets masked; null: there is no such line. */
  sourceLine: string | null;
}>;

export type ProblemDetail = Readonly<{
  code: string;
  spot: Spot;
  path: string;
  message: string;
  hint: string;
  seen?: string | null;
  allowed?: readonly string[];
  nearest?: string | null;
}>;

/** More than this are counted, not kept. */
const KEPT = 200;

/** Collects problems while the file is read; nothing stops at the first. */
export class ProblemSink {
  readonly #found = new Map<string, Problem>();
  #lost = 0;

  add(detail: ProblemDetail): void {
    const { spot } = detail;
    const { seen, message } = withoutSecrets(detail);
    const problem: Problem = {
      severity: detail.code.startsWith('W-') ? 'warning' : 'error',
      code: detail.code,
      place: placeOf(spot),
      length: lengthOnLine(spot),
      path: detail.path,
      seen,
      allowed: detail.allowed ?? [],
      nearest: detail.nearest ?? null,
      message,
      hint: detail.hint,
      sourceLine: spot.source.text === '' ? null : redactLine(lineAt(spot)),
    };
    const key = `${problem.code} ${spot.source.path}:${spot.offset} ${problem.message}`;
    if (this.#found.size >= KEPT && !this.#found.has(key)) this.#lost += 1;
    else this.#found.set(key, problem);
  }

  /** In order of the files, then of the lines. */
  list(severity: Problem['severity']): readonly Problem[] {
    const files = [...new Set([...this.#found.values()].map((problem) => problem.place.file))];
    return [...this.#found.values()]
      .filter((problem) => problem.severity === severity)
      .toSorted(
        (a, b) =>
          files.indexOf(a.place.file) - files.indexOf(b.place.file) ||
          a.place.line - b.place.line ||
          a.place.column - b.place.column,
      );
  }

  get failed(): boolean {
    return [...this.#found.values()].some((problem) => problem.severity === 'error');
  }

  /** Problems beyond the bound. */
  get lost(): number {
    return this.#lost;
  }
}

/** What stands under a secret-looking name is masked wherever the detail repeats it. */
function withoutSecrets({ path, seen, message }: ProblemDetail) {
  const name = /([\w-]+)(?:\[\d+\])?$/.exec(path)?.[1] ?? '';
  if (seen === undefined || seen === null || seen === '')
    return { seen: seen ?? null, message: redactText(message) };
  if (!isSecretName(name)) return { seen: shorten(redactText(seen)), message: redactText(message) };
  return { seen: '***', message: message.replaceAll(seen, '***') };
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= 80 ? line : `${line.slice(0, 60)}…${line.slice(-16)}`;
}

/** Thrown by `loadStack`: nothing was started, nothing was changed. */
export class ConfigProblems extends FettleError {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];

  constructor(problems: readonly Problem[], warnings: readonly Problem[], lost = 0) {
    const [first] = problems;
    const more = problems.length - 1 + lost;
    const rest = more <= 0 ? '' : ` (and ${more} more)`;
    super('E-CONFIG-INVALID', `${first?.message ?? 'the config cannot be used'}${rest}`, {
      hint: first?.hint ?? 'Run `fettle config validate`.',
      exitCode: 2,
      ...(first === undefined ? {} : { place: first.place }),
    });
    this.problems = problems;
    this.warnings = warnings;
  }
}
