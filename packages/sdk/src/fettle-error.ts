/**
 * The one error that a user can mend: a stable code, what happened, and what to do next.
 *
 * Codes are listed in `docs/errors.md` and explained by `fettle explain CODE`. Failures of the
 * watched world are events, never exceptions; our own mistakes are `assert`s.
 */

/** Where in a file the trouble stands; line and column count from 1. */
export type Place = Readonly<{ file: string; line: number; column: number }>;

export type FettleErrorOptions = Readonly<{
  /** What to type or change next: one sentence. */
  hint: string;
  cause?: unknown;
  place?: Place;
  /** HTTP status of the problem document that carries it; 400 unless told. */
  status?: number;
  /** Exit code of the CLI; 1 unless told (see `docs/errors.md`). */
  exitCode?: number;
}>;

export class FettleError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly place: Place | null;
  readonly status: number;
  readonly exitCode: number;

  constructor(code: string, message: string, options: FettleErrorOptions) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'FettleError';
    this.code = code;
    this.hint = options.hint;
    this.place = options.place ?? null;
    this.status = options.status ?? 400;
    this.exitCode = options.exitCode ?? 1;
  }
}
