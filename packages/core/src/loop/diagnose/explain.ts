/**
 * Why is it not ok: one sentence with its evidence and the next command.
 *
 * Every rule that fits makes an offer; the most certain one speaks. What changed shortly before
 * and how often it happened are added where the line has room. Nothing is invented: the last rules
 * of the table say what is known and no more.
 */
import { allCauses } from './causes/all.ts';
import { cameBack, endsWithin, failedItself, readFacts, type Facts } from './facts.ts';
import { exitEvidence, type Evidence, type Finding } from './rule.ts';
import type { Why, WhyInput } from './why-input.ts';
import { clip, howLong, sentenceLimit, withClause } from './words.ts';

/** null: all is well and there is nothing to note. */
export function explain(input: WhyInput): Why | null {
  const facts = readFacts(input, cameBack(input) ? whyBefore(input) : null);
  const why = choose(facts);
  // "Is starting" after a crash tells less than how the run before ended.
  const vague = facts.phase === 'unready' && (why?.confidence ?? 0) < 0.5;
  return vague && startsAfterCrash(input) ? (whyBefore(input) ?? why) : why;
}

function startsAfterCrash({ view, nowMs }: WhyInput): boolean {
  const { lastExit, startedAtMs } = view;
  if (lastExit === null || startedAtMs === null || !failedItself(lastExit)) return false;
  return nowMs - startedAtMs < 10_000 && nowMs - lastExit.atMs < 60_000;
}

/** What would have been said while it was down. */
function whyBefore(input: WhyInput): Why | null {
  const view = { ...input.view, state: 'backing-off', nextStartAtMs: null } as const;
  return choose(readFacts({ ...input, view, recentChanges: [] }));
}

function choose(facts: Facts): Why | null {
  let best: Readonly<{ finding: Finding; cause: string }> | null = null;
  for (const rule of allCauses) {
    if (!rule.phases.includes(facts.phase)) continue;
    const finding = rule.explain(facts);
    if (finding !== null && finding.confidence > (best?.finding.confidence ?? 0))
      best = { finding, cause: rule.id };
  }
  if (best === null) return null;
  const { finding, cause } = best;
  const trouble = facts.phase === 'ended' || facts.phase === 'unready';
  const change = trouble ? recentChange(facts) : null;
  let sentence = clip(finding.sentence, sentenceLimit);
  if (change !== null) sentence = withClause(sentence, change.clause);
  if (facts.phase === 'ended') sentence = withClause(sentence, againClause(facts));
  if (trouble) sentence = withClause(sentence, staleClause(facts));
  return {
    sentence,
    cause,
    confidence: Math.round(Math.min(1, finding.confidence) * 100) / 100,
    evidence: evidenceOf(facts, finding, change?.evidence ?? null),
    next: next(facts, finding),
  };
}

/** A change in the two minutes before the trouble began is named: it is the usual suspect. */
function recentChange(facts: Facts): Readonly<{ clause: string; evidence: Evidence }> | null {
  const { input } = facts;
  const first = input.exits.find((exit) => input.nowMs - exit.atMs <= 900_000);
  const beganMs =
    facts.phase === 'ended' ? (first?.atMs ?? input.view.sinceMs) : input.view.sinceMs;
  const change = input.recentChanges.findLast(({ atMs }) => atMs <= beganMs);
  if (change === undefined || beganMs - change.atMs > 120_000) return null;
  return {
    clause: `began ${howLong(beganMs - change.atMs)} after ${clip(change.text, 60)}`,
    evidence: { kind: 'history', text: change.text, atMs: change.atMs },
  };
}

/** `5 times in 60s, next try in 12s`. */
function againClause({ input }: Facts): string | null {
  const { view, nowMs } = input;
  const times = endsWithin(input, 60_000);
  const tryIn =
    view.nextStartAtMs !== null && view.nextStartAtMs - nowMs >= 1_000
      ? `next try in ${howLong(view.nextStartAtMs - nowMs)}`
      : null;
  const often = times >= 2 ? `${times} times in 60s` : null;
  if (often === null && view.state === 'crash-loop')
    return [`crash loop after ${view.restarts} restarts`, tryIn].filter(Boolean).join(', ');
  return [often, tryIn].filter((part) => part !== null).join(', ') || null;
}

/** An edit that was not applied may be the very cure. */
function staleClause({ input }: Facts): string | null {
  const { startedAtMs, lastExit } = input.view;
  const ranUntilMs = startedAtMs ?? lastExit?.atMs ?? input.nowMs;
  return input.configModifiedAtMs > ranUntilMs ? 'the config was edited since: fettle up' : null;
}

function evidenceOf(facts: Facts, finding: Finding, change: Evidence | null): readonly Evidence[] {
  const exit = facts.phase === 'ended' ? exitEvidence(facts) : [];
  const known = finding.evidence.some(({ kind }) => kind === 'exit') ? [] : exit;
  const times = endsWithin(facts.input, 60_000);
  const often: readonly Evidence[] =
    facts.phase === 'ended' && times >= 2
      ? [{ kind: 'history', text: `${times} ends in the last 60 s`, atMs: facts.input.nowMs }]
      : [];
  return [...finding.evidence, ...known, ...often, ...(change === null ? [] : [change])]
    .map(({ kind, text, atMs }) => ({ kind, text: clip(text, 600), atMs }))
    .slice(0, 8);
}

function next({ input, phase }: Facts, finding: Finding): readonly string[] {
  const own = finding.next.slice(0, 3);
  if (phase === 'fine' || phase === 'resting') return own;
  const logs = `fettle logs ${input.service} -n 50`;
  const reset = input.view.state === 'crash-loop' ? [`fettle reset ${input.service}`] : [];
  return [...own, ...reset, logs];
}
