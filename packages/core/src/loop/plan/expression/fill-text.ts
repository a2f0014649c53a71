/**
 * Texts with `${expression}` in them: the parameters of a step, the key of a runbook.
 *
 * A text that is one `${…}` and nothing else keeps the kind of its value: `${params.port}` is a
 * number. `$$` is a dollar sign.
 */
import { callsOf, evaluate } from './evaluate.ts';
import type { Expression, FactCall, Value } from './expression.ts';
import { parseExpression } from './parse.ts';
import type { EvaluationContext } from './scope.ts';
import type { ExpressionError } from './tokens.ts';

/** `at`: where the piece's expression stands in the text. */
export type TextPiece = string | Readonly<{ at: number; expression: Expression }>;

export function readText(
  text: string,
): readonly TextPiece[] | Readonly<{ error: ExpressionError }> {
  const pieces: TextPiece[] = [];
  let plain = '';
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '$' || (text[at + 1] !== '{' && text[at + 1] !== '$')) {
      plain += text[at];
      continue;
    }
    at += 1;
    if (text[at] === '$') {
      plain += '$';
      continue;
    }
    const end = closing(text, at + 1);
    if (end === null) return { error: { at: at - 1, message: '`${` is never closed by `}`' } };
    const expression = parseExpression(text.slice(at + 1, end));
    if ('error' in expression)
      return { error: { at: at + 1 + expression.error.at, message: expression.error.message } };
    if (plain !== '') pieces.push(plain);
    plain = '';
    pieces.push({ at: at + 1, expression });
    at = end;
  }
  return plain === '' ? pieces : [...pieces, plain];
}

/** The `}` that closes; those within quotes do not count. */
function closing(text: string, from: number): number | null {
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (quote !== '') {
      if (sign === '\\' && text[at + 1] === quote) at += 1;
      else if (sign === quote) quote = '';
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '}') return at;
  }
  return null;
}

/** null: a part of it is not known, or it is no text that can be read. */
export function fillText(text: string, context: EvaluationContext): Value {
  const pieces = readText(text);
  if ('error' in pieces) return null;
  const values = pieces.map((piece) =>
    typeof piece === 'string' ? piece : evaluate(piece.expression, context),
  );
  if (values.length === 1) return values[0] ?? null;
  if (values.some((value) => value === null || typeof value === 'object')) return null;
  return values.map(String).join('');
}

/** The questions to the shell that are still open in a text. */
export function callsOfText(text: string, context: EvaluationContext): readonly FactCall[] {
  const pieces = readText(text);
  if ('error' in pieces) return [];
  return pieces.flatMap((piece) =>
    typeof piece === 'string' ? [] : callsOf(piece.expression, context),
  );
}
