/** Causes that sit in the process itself: it ended, it is halted, it stands still. */
import { clue, weighed, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import {
  downChecks,
  isAlive,
  isDown,
  isSilent,
  ownEnds,
  ownProcesses,
  stoppedPid,
} from '../vitals.ts';
import { howLong } from '../words.ts';

const stopped: DecisionRule = {
  id: 'stopped',
  class: 'stopped',
  judge({ service, exam, symptoms }) {
    const pid = stoppedPid(service, exam);
    if (pid === null || service.kind === 'database') return null;
    return weighed({
      class: 'stopped',
      target: service.name,
      sentence: `${service.name} is halted (state T, pid ${pid}): somebody sent it SIGSTOP`,
      params: { pid },
      for: [
        clue(0.95, 'process', `pid ${pid} is in state T`),
        when(
          symptoms.some(({ kind }) => kind === 'stopped'),
          () => clue(0.6, 'process', 'seen halted by the sweep as well'),
        ),
      ],
    });
  },
};

const crash: DecisionRule = {
  id: 'crash',
  class: 'crash',
  judge({ service, nowMs, symptoms }) {
    const ends = ownEnds(service, nowMs - 600_000);
    const last = ends.at(-1);
    if (last === undefined || service.want === 'down') return null;
    if (
      !symptoms.some(({ kind, target }) => kind === 'exit' && target === service.name) &&
      !isDown(service)
    )
      return null;
    const how = last.posixSignal ?? `exit ${last.code ?? 'unknown'}`;
    return weighed({
      class: 'crash',
      target: service.name,
      sentence: `${service.name} ended by itself (${how}) ${howLong(nowMs - last.atMs)} ago`,
      for: [clue(0.75, 'exit', `ended with ${how}`, last.atMs)],
    });
  },
};

const crashLoop: DecisionRule = {
  id: 'crash_loop',
  class: 'crash_loop',
  judge({ service, nowMs }) {
    const ends = ownEnds(service, nowMs - 600_000);
    const loops = [...service.instances.values()].some(({ view }) => view.state === 'crash-loop');
    if (!loops && ends.length < 3) return null;
    return weighed({
      class: 'crash_loop',
      target: service.name,
      sentence: `${service.name} ends again and again: ${ends.length} times in 10 minutes`,
      for: [
        when(loops, () => clue(0.85, 'process', 'more restarts than its intensity allows')),
        when(ends.length >= 3, () =>
          clue(0.75, 'history', `${ends.length} ends in 10 minutes`, ends.at(-1)?.atMs ?? null),
        ),
      ],
    });
  },
};

function standsStill({ service }: Situation): boolean {
  return isAlive(service) && downChecks(service).some(isSilent);
}

const hang: DecisionRule = {
  id: 'hang',
  class: 'hang',
  judge(situation) {
    const { service, exam, symptoms } = situation;
    if (!standsStill(situation) || stoppedPid(service, exam) !== null) return null;
    if (service.kind === 'database') return null;
    const answers = exam?.ports.some(({ owner }) => owner?.kind === 'ours') === true;
    const busy = ownProcesses(exam).some(({ cpu }) => cpu > 0.7);
    return weighed({
      class: 'hang',
      target: service.name,
      sentence: `${service.name} runs and listens, but no longer answers`,
      for: [
        clue(0.65, 'check', `no answer: ${downChecks(service).find(isSilent)?.last.detail ?? ''}`),
        when(
          symptoms.some(({ kind }) => kind === 'hang'),
          () => clue(0.5, 'check', 'liveness is down while the process lives'),
        ),
        when(answers, () => clue(0.3, 'port', 'its port is still open')),
      ],
      against: [when(busy, () => clue(0.3, 'process', 'it burns the CPU'))],
    });
  },
};

export const processRules: readonly DecisionRule[] = [stopped, crash, crashLoop, hang];
