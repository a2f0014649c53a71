/** `fettle why`: the sentence, how sure, what it rests on, what to type next. */
import type { WhyDocument } from '@fettle/sdk/api/documents';
import type { State } from '@fettle/sdk/api/status';
import { formatMoment } from '../terminal/amount.ts';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph, toneOf } from '../terminal/paint.ts';
import { wrapWords } from '../terminal/width.ts';

export function renderWhy(document: WhyDocument, look: Look): string {
  const state = document.state as State;
  const word = paint(look, toneOf(state), state);
  const lines = [`${stateGlyph(look, state)} ${paint(look, 'bold', document.service)} is ${word}`];
  lines.push(...wrapWords(document.why ?? 'Nothing is wrong with it.', look.columns - 2));
  if (document.cause !== null)
    lines.push(`${document.cause}${confidenceText(document.confidence)}`);
  if (document.evidence.length > 0) lines.push('', 'Evidence');
  const kindColumns = Math.max(0, ...document.evidence.map(({ kind }) => kind.length));
  for (const evidence of document.evidence) {
    const at = evidence.at === null ? '' : `${formatMoment(evidence.at, look)}  `;
    lines.push(`  ${evidence.kind.padEnd(kindColumns)}  ${at}${evidence.text}`);
  }
  return lines.map((line) => `${fitCharset(line, look.unicode)}\n`).join('');
}

/** Words with the number, as everywhere. */
function confidenceText(confidence: number | null): string {
  if (confidence === null) return '';
  const word = confidence >= 0.9 ? 'certain' : confidence >= 0.7 ? 'likely' : 'possible';
  return ` · ${word} (${confidence.toFixed(2)})`;
}
