/**
 * Asks a way that leads over somebody else a few times more: one that breaks off every other
 * connection looks well to whoever asks once.
 */
import type { EndpointExam } from '@fettle/core/loop/collect/exam';
import { dial, type Dialed, type DialOptions } from './dial.ts';

type Often = Dialed & Pick<EndpointExam, 'tries'>;

/** Beyond the first. Of a way that breaks off half, one in a hundred looks well for so long. */
const more = 6;
const budgetMs = 1_200;
/** Two that were broken off beside one that was answered tell all there is to tell. */
const enough = 2;

/** `first` says what came of asking once. */
export async function dialOften(options: DialOptions, first: Dialed): Promise<Often> {
  const isAsked = options.protocol !== null && first.answers !== false;
  if (!isAsked || !(first.tcp === 'ok' || first.tcp === 'reset')) return first;
  const seen = [first];
  const beganMs = performance.now();
  for (let left = more; left > 0; left -= 1) {
    const leftMs = budgetMs - (performance.now() - beganMs);
    if (leftMs < 50 || (brokenIn(seen) >= enough && answeredIn(seen) > 0)) break;
    const answerTimeoutMs = Math.min(options.answerTimeoutMs, leftMs);
    seen.push(await dial({ ...options, connectTimeoutMs: leftMs, answerTimeoutMs }));
  }
  const best = seen.find(({ answers }) => answers === true) ?? first;
  const tries = { asked: seen.length, answered: answeredIn(seen), brokenOff: brokenIn(seen) };
  return { ...best, tries };
}

const answeredIn = (seen: readonly Dialed[]): number =>
  seen.filter(({ answers }) => answers === true).length;

/** Taken and then hung up or reset without a word. */
const brokenIn = (seen: readonly Dialed[]): number =>
  seen.filter(({ tcp, answers }) => tcp === 'reset' || (tcp === 'ok' && answers === null)).length;
