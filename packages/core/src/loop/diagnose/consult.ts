/**
 * Asks the classifier beside the rules. It may strengthen what a rule offers, and it speaks alone
 * only where no rule is sure and it is.
 */
import { classify, type Classifier, type Guess } from '../../knowledge/classifier.ts';
import { clue } from './clue.ts';
import { diagnosisClasses, type DiagnosisClass } from './diagnosis.ts';
import type { Offer } from './rank-causes.ts';
import { signsOf, type SignsAsked } from './signs.ts';

/** What it says alone is believed a little less than what a rule says. */
const alone = 0.9;
/** How much its word adds to a rule's. */
const beside = 0.4;

/** The offers with its word among them. */
export function consulted(
  offers: readonly Offer[],
  asked: SignsAsked,
  learnt: Classifier | null,
): readonly Offer[] {
  const guess = learnt === null ? null : classify(learnt, signsOf(asked));
  if (guess === null || !isClass(guess.label)) return offers;
  const agreed = offers.some((offer) => offer.class === guess.label);
  if (agreed)
    return offers.map((offer) => (offer.class === guess.label ? raised(offer, guess) : offer));
  if (offers.some(({ confidence }) => confidence >= 0.5)) return offers;
  return [...offers, ownOffer(guess, guess.label, asked)];
}

function isClass(label: string): label is DiagnosisClass {
  return label !== 'unknown' && diagnosisClasses.some((one) => one === label);
}

function evidenceOf(guess: Guess) {
  const cases = Math.max(1, Math.round(guess.examples));
  const text = `like ${cases} earlier cases that were confirmed: ${guess.because.join(', ')}`;
  return clue(guess.odds, 'history', text).evidence;
}

function raised(offer: Offer, guess: Guess): Offer {
  const confidence = 1 - (1 - offer.confidence) * (1 - beside * guess.odds);
  return { ...offer, confidence, for: [...offer.for, evidenceOf(guess)].slice(0, 8) };
}

function ownOffer(guess: Guess, label: DiagnosisClass, { group }: SignsAsked): Offer {
  const target = group.rootCandidates[0] ?? group.services[0] ?? '@host';
  return {
    class: label,
    target,
    confidence: alone * guess.odds,
    sentence: `${target} looks as it did in earlier cases of ${label.replaceAll('_', ' ')}`,
    for: [evidenceOf(guess)],
    against: [],
    params: {},
    ruleId: 'classifier',
    by: target,
  };
}
