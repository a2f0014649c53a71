/** What rules ask again and again: what did `why` say, what does the log complain of, what changed? */
import type { Change } from '../collect/change.ts';
import type { FileExam } from '../collect/exam.ts';
import type { EndSeen, ServicePicture } from '../collect/picture.ts';
import { causeClasses } from './cause-classes.ts';
import { clue, type Clue } from './clue.ts';
import type { Complaint } from './complaint.ts';
import type { ComplaintKind } from './complaint-kinds.ts';
import type { Situation } from './decision-rule.ts';
import type { DiagnosisClass } from './diagnosis.ts';
import { isEcho } from './is-echo.ts';
import { ownEnds } from './vitals.ts';
import { howLong } from './words.ts';

/** A cause of "why" is believed this long after it was said. */
const whyLivesMs = 300_000;
const endsLiveMs = 600_000;
/** A change this long before the trouble is a suspect. */
const suspectMs = 600_000;
/** Trouble is often seen a little before we hear of the change: ledgers look every few seconds. */
const ledgerLagMs = 10_000;

/** An earlier word that was contradicted since. */
const contradicted = 0.3;

/** What "why" lately said of this service, as far as it supports the class; its strongest word. */
export function whyClue(situation: Situation, wanted: DiagnosisClass): Clue | null {
  const said = whysOf(situation);
  const newest = said.findLast(({ why }) => why.confidence >= 0.6);
  let best: Clue | null = null;
  for (const { atMs, why } of said) {
    const stale = newest !== undefined && newest.atMs > atMs && newest.why.cause !== why.cause;
    const supports = (causeClasses[why.cause]?.[wanted] ?? 0) * why.confidence;
    const weight = supports * (stale ? contradicted : 1);
    if (weight > (best?.weight ?? 0)) best = clue(weight, 'log', `why: ${why.sentence}`, atMs);
  }
  return best;
}

function whysOf({ service, fromMs, nowMs }: Situation): ServicePicture['whys'] {
  const now = service.why === null ? [] : [{ atMs: nowMs, why: service.why }];
  return [...service.whys.filter(({ atMs }) => nowMs - atMs <= whyLivesMs), ...now].filter(
    ({ atMs, why }) => atMs >= fromMs && !isEcho(why, fromMs),
  );
}

/** Ends of runs that belong to this trouble: those of an earlier one are another story. */
export function recentEnds({ service, fromMs, nowMs }: Situation): readonly EndSeen[] {
  return ownEnds(service, Math.max(nowMs - endsLiveMs, fromMs));
}

/** The newest complaint of this kind that fits; null: none. */
export function complaint(
  { complaints }: Situation,
  kind: ComplaintKind,
  fits: (one: Complaint) => boolean = () => true,
): Complaint | null {
  return complaints.findLast((one) => one.kind === kind && fits(one)) ?? null;
}

/** A complaint that was always there counts little; one that is said often counts more. */
export function complaintClue(one: Complaint | null, weight: number): Clue | null {
  if (one === null) return null;
  const often = one.count >= 5 ? 1.15 : 1;
  const over = one.isOver ? 0.35 : 1;
  const counts = Math.min(0.95, weight * over * (one.isNew ? often : 0.35));
  const times = one.count > 1 ? ` (${one.count} times)` : '';
  return clue(counts, 'log', `${one.text}${times}`, one.atMs);
}

/** Changes of this service, of what it needs or of the whole stack, shortly before the trouble. */
export function suspects(
  { picture, service, sinceMs }: Situation,
  kinds: RegExp = /^(?:config|file|secret|deploy|flag|port)$/,
): readonly Change[] {
  return picture.changes.filter(
    (one) =>
      kinds.test(one.kind) &&
      (one.service === null || one.service === service.name) &&
      one.atMs <= sinceMs + ledgerLagMs &&
      sinceMs - one.atMs <= suspectMs,
  );
}

/** The nearer the change to the trouble, the stronger. */
export function changeClue(
  change: Change | undefined,
  sinceMs: number,
  weight: number,
): Clue | null {
  if (change === undefined) return null;
  const before = Math.max(0, sinceMs - change.atMs);
  const near = before <= 60_000 ? 1 : before <= 180_000 ? 0.75 : 0.5;
  const text = `${change.text}, ${howLong(before)} before the trouble`;
  return clue(weight * near, 'change', text, change.atMs);
}

/** Watched files that are not as they were when the service was last well, newest first. */
export function alteredFiles({ exam }: Situation, secret = false): readonly FileExam[] {
  return (exam?.files ?? [])
    .filter((file) => file.secret === secret && (file.differsFromGood || !file.exists))
    .toSorted((a, b) => (b.changedAtMs ?? 0) - (a.changedAtMs ?? 0));
}

/** The file to blame: one that is altered, else the one whose change is the newest suspect. */
export function blamedFile(situation: Situation, secret = false): string | null {
  const altered = alteredFiles(situation, secret);
  const known = altered.find(({ hasGood }) => hasGood) ?? altered[0];
  if (known !== undefined) return known.path;
  const wanted = secret ? /^secret$/ : /^(?:config|file)$/;
  return suspects(situation, wanted).findLast(({ path }) => path !== null)?.path ?? null;
}

/** What speaks for a fresh edit: the change itself and the file that is not as it was. */
export function editClues(
  situation: Situation,
  weights: Readonly<{ change: number; altered: number }>,
  secret = false,
): readonly (Clue | null)[] {
  const wanted = secret ? /^secret$/ : /^(?:config|file|deploy)$/;
  const change = suspects(situation, wanted).findLast((one) => !isPutBack(situation, one));
  const altered = alteredFiles(situation, secret)[0];
  return [
    changeClue(change, situation.sinceMs, weights.change),
    altered === undefined
      ? null
      : clue(weights.altered, 'config', `${altered.path} is not as it was`, altered.changedAtMs),
  ];
}

/** What an edit left is what the service was well with before: it was mended, not broken. */
function isPutBack({ exam }: Situation, { path }: Change): boolean {
  const file = exam?.files.find((one) => one.path === path);
  return file !== undefined && file.exists && file.hasGood && !file.differsFromGood;
}

/** `{ path }` when there is a file to blame. */
export function pathParam(path: string | null): Readonly<Record<string, string>> {
  return path === null ? {} : { path };
}
