/** Causes of a process that ended: by itself once, again and again, or at the same job each time. */
import { whyClue, complaint, suspects, recentEnds } from '../asking.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import type { EndSeen } from '../../collect/picture.ts';
import { lastInput } from '../last-input.ts';
import { rule } from '../make-rule.ts';
import { isDown, ownEnds } from '../vitals.ts';
import { howLong } from '../words.ts';

function endWords(end: EndSeen): string {
  return end.posixSignal ?? (end.code === null ? 'exit unknown' : `exit ${end.code}`);
}

const crash = rule('crash', (situation) => {
  const { service, nowMs, symptoms } = situation;
  const last = recentEnds(situation).at(-1);
  if (last === undefined) return null;
  const shows = symptoms.some(
    ({ kind, target }) => target === service.name && (kind === 'exit' || kind === 'spawn-failed'),
  );
  if (!shows && !isDown(service)) return null;
  return {
    target: service.name,
    sentence: `${service.name} ended by itself (${endWords(last)}) ${howLong(nowMs - last.atMs)} ago`,
    for: [
      clue(0.74, 'exit', `ended with ${endWords(last)}`, last.atMs),
      whyClue(situation, 'crash'),
    ],
  };
});

const crashLoop = rule('crash_loop', (situation) => {
  const { service, nowMs, sinceMs } = situation;
  // A slow loop may have looked mended in between: all its ends are one story.
  const ends = ownEnds(service, Math.max(nowMs - 600_000, sinceMs - 60_000));
  const loops = [...service.instances.values()].some(({ view }) => view.state === 'crash-loop');
  const lastMs = ends.at(-1)?.atMs ?? 0;
  // Ends of minutes ago that a good run has outlived are history.
  if (!loops && (ends.length < 3 || (nowMs - lastMs > 120_000 && !isDown(service)))) return null;
  return {
    target: service.name,
    sentence: `${service.name} ends again and again: ${ends.length} times in 10 minutes`,
    for: [
      when(loops, () => clue(0.8, 'process', 'more restarts than its intensity allows')),
      when(ends.length >= 3, () =>
        clue(0.75, 'history', `${ends.length} ends in 10 minutes`, lastMs),
      ),
    ],
  };
});

const poisonInput = rule('poison_input', (situation) => {
  const { service, nowMs, sinceMs, fromMs } = situation;
  const longMs = Math.min(sinceMs, nowMs - 120_000) - 60_000;
  // An earlier trouble that is over tells nothing, not even of the same input.
  const isLater = fromMs > sinceMs - 60_000;
  const ends = ownEnds(service, isLater ? fromMs : longMs).slice(-8);
  if (ends.length < 2) return null;
  const last = lastInput(service, ends);
  if (last === null || last.ends < Math.max(2, last.of - 1)) return null;
  const causes = /missing-|port-|disk|heap|memory|refused|unknown-host|too-many/;
  // What cannot be read is the input itself, unless a file of its own was changed.
  const unread = /invalid-|syntax/;
  const share = last.ends >= 4 ? 0.9 : last.ends === 3 ? 0.82 : 0.7;
  const edited = suspects(situation, /^(?:config|file|deploy)$/).length > 0;
  const cause = service.why?.cause ?? '';
  const other = causes.test(cause) || (edited && unread.test(cause));
  return {
    target: service.name,
    sentence: `${service.name} ends each time it works on ${last.item}: ${last.ends} times`,
    params: { job: last.item, line: last.line },
    for: [
      clue(share, 'log', `last before ${last.ends} of ${ends.length} ends: ${last.line}`),
      when(namesIt(situation, last.item), () =>
        clue(0.4, 'log', `its last error names ${last.item}`),
      ),
      when('fettle.jobs' in service.definition.labels, () =>
        clue(0.3, 'config', 'it takes jobs from a folder'),
      ),
    ],
    against: [
      when(other, () => clue(0.5, 'log', `why: ${service.why?.sentence ?? ''}`)),
      when(edited, () => clue(0.3, 'change', 'a file of it was changed just before')),
      when(last.of < ends.length - 1, () =>
        clue(0.3, 'log', `${ends.length - last.of} ends were not at any job`),
      ),
    ],
  };
});

function namesIt({ service }: Situation, item: string): boolean {
  const said = service.why?.evidence.some(({ text }) => text.includes(item)) ?? false;
  return said || service.why?.sentence.includes(item) === true;
}

/** Could not be started at all, for a reason that no other rule knows. */
const spawnFailed = rule('crash/spawn', (situation) => {
  const { service } = situation;
  const error = [...service.instances.values()].find(({ view }) => view.spawnError !== null);
  if (error === undefined || complaint(situation, 'exec-missing') !== null) return null;
  const message = error.view.spawnError?.message ?? '';
  return {
    target: service.name,
    sentence: `${service.name} could not be started: ${message}`,
    for: [clue(0.6, 'process', message)],
  };
});

export const endedRules: readonly DecisionRule[] = [crash, crashLoop, poisonInput, spawnFailed];
