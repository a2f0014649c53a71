/**
 * Learns which cause goes with which signs, from outcomes that were confirmed; says nothing when it
 * is not sure.
 *
 * Multinomial naive Bayes over words such as `symptom:hang` or `complaint:refused`. Words of one
 * failure come together, so their sum is tempered as if there were fewer of them; what remains of
 * overconfidence is corrected by what earlier guesses turned out to be worth: each example is first
 * guessed, then learnt. Old examples fade. Sources: Rennie et al., "Tackling the Poor Assumptions
 * of Naive Bayes Text Classifiers" (2003); Zadrozny & Elkan, "Obtaining calibrated probability
 * estimates" (2001), histogram binning.
 */

export type Classifier = Readonly<{
  /** By label. At most `mostLabels`. Plain JSON. */
  labels: Record<string, Learnt>;
  /** Ten bins of what was guessed against what was right. */
  bins: Bin[];
}>;
type Learnt = { examples: number; words: number; counts: Record<string, number> };
type Bin = { guesses: number; right: number };

export type Guess = Readonly<{
  label: string;
  /** 0-1, corrected by earlier guesses. */
  odds: number;
  /** Examples behind the label, faded. */
  examples: number;
  /** The words that spoke most for it, strongest first. */
  because: readonly string[];
}>;

const mostLabels = 80;
const mostWords = 200;
/** What is left of the counts after each further example of the label. */
const fade = 0.99;
const smoothing = 0.3;
/** So many words say as much as independent ones would. */
const independentWords = 4;
/** Guesses that the uncorrected odds count for. */
const trust = 8;
const leastExamples = 3;
const leastOdds = 0.6;
const leastLead = 0.25;
/** Share of the words that must be known to the label. */
const leastKnown = 0.8;

export function openClassifier(): Classifier {
  return { labels: {}, bins: Array.from({ length: 10 }, () => ({ guesses: 0, right: 0 })) };
}

/** `weight`: 1 when it was proved, less when it is likely. */
export function learn(
  { labels, bins }: Classifier,
  words: readonly string[],
  label: string,
  weight = 1,
): void {
  const before = rank({ labels, bins }, words)[0];
  if (before !== undefined) {
    const bin = binOf(bins, before.raw);
    bin.guesses += weight;
    if (before.label === label) bin.right += weight;
  }
  if (labels[label] === undefined && Object.keys(labels).length >= mostLabels) return;
  const own = (labels[label] ??= { examples: 0, words: 0, counts: {} });
  own.examples = own.examples * fade + weight;
  own.words = 0;
  for (const word of new Set([...Object.keys(own.counts), ...words])) {
    const count = (own.counts[word] ?? 0) * fade + (words.includes(word) ? weight : 0);
    own.counts[word] = count;
    own.words += count;
  }
  dropRarest(own);
}

/** A person said that it was not this: its examples of such signs weigh less. */
export function unlearn({ labels }: Classifier, words: readonly string[], label: string): void {
  const own = labels[label];
  if (own === undefined) return;
  own.examples = Math.max(0, own.examples - 1);
  for (const word of words) {
    const count = own.counts[word] ?? 0;
    own.words -= Math.min(1, count);
    own.counts[word] = Math.max(0, count - 1);
  }
  if (own.examples < 0.01) delete labels[label];
}

/** null: not sure enough, or nothing like it was seen. */
export function classify(classifier: Classifier, words: readonly string[]): Guess | null {
  const [best, second] = rank(classifier, words);
  if (best === undefined) return null;
  const own = classifier.labels[best.label]!;
  const known = words.filter((word) => (own.counts[word] ?? 0) >= 0.5);
  if (own.examples < leastExamples || known.length < leastKnown * words.length) return null;
  const odds = calibrated(classifier.bins, best.raw);
  if (odds < leastOdds || best.raw - (second?.raw ?? 0) < leastLead) return null;
  const because = known.toSorted((a, b) => lift(classifier, own, b) - lift(classifier, own, a));
  return { label: best.label, odds, examples: own.examples, because: because.slice(0, 5) };
}

type Raw = Readonly<{ label: string; raw: number }>;

/** Labels by their uncorrected odds, best first. */
function rank({ labels }: Classifier, words: readonly string[]): readonly Raw[] {
  const all = Object.entries(labels);
  if (all.length === 0 || words.length === 0) return [];
  const vocabulary = new Set(all.flatMap(([, { counts }]) => Object.keys(counts))).size + 1;
  const examples = all.reduce((sum, [, one]) => sum + one.examples, 0);
  const tempering = Math.min(1, independentWords / words.length);
  const scores = all.map(([label, one]) => {
    let sum = 0;
    for (const word of words)
      sum += Math.log(((one.counts[word] ?? 0) + smoothing) / (one.words + smoothing * vocabulary));
    const prior = Math.log((one.examples + 1) / (examples + all.length));
    return { label, score: prior + sum * tempering };
  });
  const top = Math.max(...scores.map(({ score }) => score));
  // "None of these" takes part, as a label that explains every word equally badly.
  const none = -words.length * Math.log(vocabulary) * tempering - Math.log(examples + all.length);
  const sum = scores.reduce((total, { score }) => total + Math.exp(score - top), 0);
  const whole = sum + Math.exp(Math.min(50, none - top));
  return scores
    .map(({ label, score }) => ({ label, raw: Math.exp(score - top) / whole }))
    .toSorted((a, b) => b.raw - a.raw);
}

function binOf(bins: Bin[], raw: number): Bin {
  return bins[Math.min(9, Math.floor(raw * 10))]!;
}

function calibrated(bins: Bin[], raw: number): number {
  const { guesses, right } = binOf(bins, raw);
  return (right + trust * raw) / (guesses + trust);
}

/** How much more often a word comes with this label than with all. */
function lift({ labels }: Classifier, own: Learnt, word: string): number {
  const all = Object.values(labels);
  const everywhere = all.reduce((sum, one) => sum + (one.counts[word] ?? 0), 0);
  const words = all.reduce((sum, one) => sum + one.words, 0);
  return ((own.counts[word] ?? 0) / own.words) * (words / Math.max(everywhere, 1e-9));
}

function dropRarest(own: Learnt): void {
  const words = Object.entries(own.counts);
  if (words.length <= mostWords) return;
  for (const [word, count] of words
    .toSorted((a, b) => a[1] - b[1])
    .slice(0, words.length - mostWords)) {
    own.words -= count;
    delete own.counts[word];
  }
}
