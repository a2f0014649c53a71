/**
 * Which symptoms began, go on and ended: turns what detectors say of this moment into stories.
 *
 * A symptom is known by its key. It ends when its sign was away for a short while, and some kinds
 * then rest before they may begin again. What the loop's own act brought about is told apart and
 * starts nothing; what an operator asked for is no symptom at all; and while we ourselves stood
 * still nothing is concluded. Source: Prometheus Alertmanager's `for` and `keep_firing_for`.
 */
import type { Picture } from '../collect/picture.ts';
import { isLive } from '../collect/service-health.ts';
import { causedBy, type OwnAct } from './attribution.ts';
import { constraintDetector, type BrokenConstraints, type ConstraintJudge } from './constraints.ts';
import type { Detector, DetectorFlag, Sign } from './detector.ts';
import { detectors as allDetectors } from './detectors/all.ts';
import { excuseOf } from './excuse.ts';
import { isSwitchedOn } from './flag-share.ts';
import type { Symptom, SymptomKind } from './symptom.ts';

export type SymptomBook = {
  nextId: number;
  /** By key. */
  readonly open: Map<string, OpenSymptom>;
  /** When symptoms of this key may begin again; at most 1,000. */
  readonly restUntilMs: Map<string, number>;
  /** By detector: what it said last, and when. */
  readonly said: Map<string, Readonly<{ atMs: number; signs: readonly Sign[] }>>;
  /** Broken constraints, and since when. */
  readonly broken: BrokenConstraints;
  /** When `detect` was last asked; null: never. */
  askedMs: number | null;
  /** Nothing begins or ends before: we stood still. */
  quietUntilMs: number;
};

type OpenSymptom = { symptom: Symptom; detector: Detector };

export type DetectOptions = Readonly<{
  flags: Readonly<Record<DetectorFlag, number>>;
  ownActs: readonly OwnAct[];
  /** How long after an own act its target's symptoms are our doing; 30 s unless told. */
  selfInflictedMs?: number;
  /** Judges `constraints:`; absent: they are not looked at. */
  judge?: ConstraintJudge;
  /** Other detectors than all; for tests. */
  detectors?: readonly Detector[];
}>;

export type Detected = Readonly<{
  began: readonly Symptom[];
  going: readonly Symptom[];
  ended: readonly Symptom[];
}>;

const usualClearMs = 2_000;
const usualSelfInflictedMs = 30_000;
/** After our start and after a pause of ours: what is late then says nothing. */
const settleMs = 5_000;
/** `detect` is asked every 20 s at least; a longer gap is a pause of ours. */
const longestGapMs = 40_000;
const mostRests = 1_000;

export function openSymptoms(): SymptomBook {
  return {
    nextId: 1,
    open: new Map(),
    restUntilMs: new Map(),
    said: new Map(),
    broken: new Map(),
    askedMs: null,
    quietUntilMs: 0,
  };
}

/** The only writer of `book`. */
export function detect(
  book: SymptomBook,
  picture: Picture,
  options: DetectOptions,
  nowMs: number,
): Detected {
  notePauses(book, picture, nowMs);
  if (nowMs < book.quietUntilMs) return { began: [], going: symptomsOf(book), ended: [] };
  const showing = signsNow(book, picture, options, nowMs);
  const ended = endSymptoms(book, picture, showing, nowMs);
  const began: Symptom[] = [];
  const going: Symptom[] = [];
  for (const [key, { sign, detector, isQuiet }] of showing) {
    const open = book.open.get(key);
    const mine = causedBy(picture, sign, options.ownActs, {
      nowMs,
      windowMs: options.selfInflictedMs ?? usualSelfInflictedMs,
    });
    // Our own doing that outlives its time has become a trouble of its own.
    const outlived = open !== undefined && open.symptom.causedBy !== null && mine === null;
    if (open !== undefined && !outlived) {
      const { sinceMs } = open.symptom;
      const severity = isQuiet ? 'info' : lasting(open.symptom.severity, sign.severity);
      open.symptom = { ...open.symptom, ...sign, severity, atMs: nowMs, sinceMs };
      going.push(open.symptom);
      continue;
    }
    if (outlived) ended.push(open.symptom);
    else if (nowMs < (book.restUntilMs.get(key) ?? 0)) continue;
    const symptom: Symptom = { ...sign, id: `sym-${book.nextId}`, atMs: nowMs, causedBy: mine };
    book.nextId += 1;
    book.open.set(key, { symptom, detector });
    began.push(symptom);
  }
  for (const [key, { symptom }] of book.open) if (!showing.has(key)) going.push(symptom);
  return { began, going, ended };
}

function symptomsOf(book: SymptomBook): readonly Symptom[] {
  return [...book.open.values()].map(({ symptom }) => symptom);
}

function notePauses(book: SymptomBook, picture: Picture, nowMs: number): void {
  if (book.askedMs === null) {
    book.quietUntilMs = picture.openedMs + settleMs;
    // Ids of an earlier life are in kept incidents: ours come after them.
    book.nextId = nowMs;
  } else if (nowMs - book.askedMs > longestGapMs) book.quietUntilMs = nowMs + settleMs;
  book.askedMs = nowMs;
  if (picture.pausedUntilMs > 0) {
    book.quietUntilMs = Math.max(book.quietUntilMs, picture.pausedUntilMs + settleMs);
  }
}

/** What was told is not taken back while it goes on, because the machine is crowded now, say. */
function lasting(told: Sign['severity'], now: Sign['severity']): Sign['severity'] {
  return now === 'info' ? told : now;
}

type Shown = Readonly<{ sign: Sign; detector: Detector; isQuiet: boolean }>;

/** By key; the first detector to name a key has it. */
function signsNow(
  book: SymptomBook,
  picture: Picture,
  options: DetectOptions,
  nowMs: number,
): ReadonlyMap<string, Shown> {
  const showing = new Map<string, Shown>();
  for (const detector of detectorsOf(book, options)) {
    const share = options.flags[detector.flag];
    if (share <= 0) continue;
    const signs = ask(book, detector, picture, nowMs);
    const saidMs = book.said.get(detector.id)?.atMs ?? nowMs;
    for (const sign of signs) {
      if (isOfPastRun(picture, sign, saidMs)) continue;
      if (showing.has(sign.key) || !isSwitchedOn(detector.flag, sign.target, share)) continue;
      const excuse = excuseOf(picture, sign, options.ownActs, nowMs);
      if (excuse === 'excused') continue;
      const isQuiet = excuse === 'quiet';
      const told: Sign = isQuiet ? { ...sign, severity: 'info' } : sign;
      showing.set(sign.key, { sign: told, detector, isQuiet });
    }
  }
  return showing;
}

function detectorsOf(book: SymptomBook, { detectors, judge }: DetectOptions): readonly Detector[] {
  const chosen = detectors ?? allDetectors;
  return judge === undefined ? chosen : [...chosen, constraintDetector(book.broken, judge)];
}

function ask(
  book: SymptomBook,
  detector: Detector,
  picture: Picture,
  nowMs: number,
): readonly Sign[] {
  const said = book.said.get(detector.id);
  if (said !== undefined && nowMs - said.atMs < (detector.everyMs ?? 0)) return said.signs;
  const signs = detector.detect(picture, nowMs);
  book.said.set(detector.id, { atMs: nowMs, signs });
  return signs;
}

function endSymptoms(
  book: SymptomBook,
  picture: Picture,
  showing: ReadonlyMap<string, Shown>,
  nowMs: number,
): Symptom[] {
  const ended: Symptom[] = [];
  for (const [key, { symptom, detector }] of book.open) {
    if (showing.has(key)) continue;
    const isPast = isOfPastRun(picture, symptom, symptom.atMs);
    if (!isPast && nowMs - symptom.atMs < (detector.clearMs ?? usualClearMs)) continue;
    book.open.delete(key);
    ended.push(symptom);
    if (detector.refractoryMs !== undefined && !isPast)
      rest(book, key, nowMs + detector.refractoryMs);
  }
  return ended;
}

/** What one process does to itself. */
const ofOneRun: ReadonlySet<SymptomKind> = new Set([
  'forecast',
  'trend',
  'threshold',
  'zombies',
  'template-surge',
]);

/** All that it was seen of have ended since: whatever the new ones do is another story. */
function isOfPastRun({ services }: Picture, { kind, target }: Sign, atMs: number): boolean {
  const service = services.get(target);
  if (service === undefined || !ofOneRun.has(kind)) return false;
  const live = [...service.instances.values()].filter(isLive);
  return live.length > 0 && live.every(({ runSinceMs }) => (runSinceMs ?? 0) >= atMs);
}

function rest(book: SymptomBook, key: string, untilMs: number): void {
  book.restUntilMs.delete(key);
  book.restUntilMs.set(key, untilMs);
  if (book.restUntilMs.size <= mostRests) return;
  const [oldest] = book.restUntilMs.keys();
  if (oldest !== undefined) book.restUntilMs.delete(oldest);
}
