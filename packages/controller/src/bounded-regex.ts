/**
 * Matches a regular expression that a person wrote, with a deadline.
 *
 * An expression can take exponential time on a hostile text, and would hold everybody on this
 * event loop. In a context with a timeout V8 breaks off also inside a match; that costs a thread
 * a call, so short texts and harmless expressions go without. Source: OWASP, "Regular expression
 * Denial of Service".
 */
import { createContext, Script, type Context } from 'node:vm';

/** Which of `texts` match; null: it took too long. */
export type BoundedMatch = (texts: readonly string[]) => readonly boolean[] | null;

/** Up to this length an expression that is at most quadratic takes milliseconds. */
const shortChars = 2_048;
/** Of texts that are matched without a deadline in one call. */
const shortTexts = 4_096;

let room: Readonly<{ context: Context; script: Script }> | null = null;

export function boundedMatch(expression: RegExp, deadlineMs: number): BoundedMatch {
  const harmless = isHarmless(expression.source);
  return (texts) => {
    if (harmless && texts.length <= shortTexts && texts.every(({ length }) => length <= shortChars))
      return texts.map((text) => expression.test(text));
    room ??= {
      context: createContext({}),
      script: new Script('texts.map((text) => expression.test(text))'),
    };
    const { context, script } = room;
    Object.assign(context, { expression, texts });
    try {
      return script.runInContext(context, { timeout: deadlineMs }) as boolean[];
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null;
      throw cause;
    } finally {
      Object.assign(context, { expression: null, texts: null });
    }
  };
}

/** No repeated group, no back reference, at most two open repetitions. */
function isHarmless(source: string): boolean {
  if (/\)[*+{?]|\\[1-9k]/.test(source)) return false;
  return (source.match(/[*+]|\{\d+,\d*\}/g) ?? []).length <= 2;
}
