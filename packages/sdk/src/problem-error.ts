/** Turns a problem document (RFC 9457) back into the `FettleError` that made it, and the reverse. */
import type { Problem } from './api/documents.ts';
import { FettleError } from './fettle-error.ts';

/** The error that an answer with status >= 400 stands for. */
export function errorOfAnswer(
  answer: Readonly<{ status: number; contentType: string; text: string }>,
  target: string,
): FettleError {
  const problem = parseProblem(answer.text);
  if (problem !== null)
    return new FettleError(problem.code, problem.detail, {
      hint: problem.hint,
      status: problem.status,
      exitCode: exitCodeOf(problem.status, problem.code),
    });
  return new FettleError('E-API-ANSWER', `${target} answered HTTP ${answer.status}`, {
    hint: 'fettle version      shows whether the CLI and the daemon are of one version',
    status: answer.status,
    exitCode: exitCodeOf(answer.status, ''),
  });
}

/** A problem document for an error; `instance` is the request's path or the command's words. */
export function problemOf(error: FettleError, instance: string | null): Problem {
  return {
    schema: 'fettle.problem/v1',
    type: `urn:fettle:error:${error.code}`,
    title: error.code,
    status: error.status,
    detail: error.message,
    ...(instance === null ? {} : { instance }),
    code: error.code,
    hint: error.hint,
    docs: `docs/errors.md#${error.code.toLowerCase()}`,
  };
}

function parseProblem(text: string): Problem | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('code' in value)) return null;
    const { code, detail, hint, status } = value as Record<string, unknown>;
    if (typeof code !== 'string' || typeof detail !== 'string') return null;
    return {
      ...(value as Problem),
      code,
      detail,
      hint: typeof hint === 'string' ? hint : '',
      status: typeof status === 'number' ? status : 500,
    };
  } catch {
    return null;
  }
}

/** 401 and 403: may not talk (4); 404 and 422: wrong words (2); 409 and 423: refused (5). */
function exitCodeOf(status: number, code: string): number {
  if (status === 401 || status === 403 || code === 'E-DAEMON-UNREACHABLE') return 4;
  if (status === 400 || status === 404 || status === 422) return 2;
  return status === 409 || status === 423 ? 5 : 1;
}
