/** What holds a service back or is worth a note: dependencies, an operator, a newer config. */
import type { Facts } from '../facts.ts';
import type { Evidence, Finding, Rule } from '../rule.ts';
import { clip, howLong, withClause } from '../words.ts';

const conditions: Readonly<Record<string, string>> = {
  service_started: 'to start',
  service_healthy: 'to be healthy',
  service_completed_successfully: 'to complete',
};

function dependencyOf({ input }: Facts, name: string) {
  return input.dependencies.find(({ service }) => service === name) ?? null;
}

function dependencyEvidence(facts: Facts, names: readonly string[]): readonly Evidence[] {
  return names.flatMap((name) => {
    const dependency = dependencyOf(facts, name);
    if (dependency === null) return [];
    const why = dependency.why === null ? '' : `: ${dependency.why}`;
    return [{ kind: 'dependency', text: `${name} is ${dependency.state}${why}`, atMs: null }];
  });
}

const waiting: Rule = {
  id: 'waiting-for-dependency',
  phases: ['waiting'],
  explain(facts) {
    const { waitingFor } = facts.input.view;
    if (waitingFor.length === 0) return null;
    const list = waitingFor
      .slice(0, 3)
      .map(({ service, condition }) => `${service} ${conditions[condition] ?? condition}`)
      .join(' and ');
    const more = waitingFor.length > 3 ? ` and ${waitingFor.length - 3} more` : '';
    const first = dependencyOf(facts, waitingFor[0]?.service ?? '');
    // A chain of those who wait tells nothing: its end has the reason.
    const reason = first === null || /^(?:waits for|is starting)/.test(first.why ?? 'waits for');
    const because = reason ? null : `${first.service}: ${clip(first.why ?? '', 100)}`;
    return {
      sentence: withClause(`waits for ${list}${more}`, because),
      confidence: 0.95,
      evidence: dependencyEvidence(
        facts,
        waitingFor.map(({ service }) => service),
      ),
      next: [`fettle why ${waitingFor[0]?.service ?? ''}`],
    };
  },
};

const waitingForTurn: Rule = {
  id: 'waiting-to-start',
  phases: ['waiting'],
  explain: ({ input }) => ({
    sentence: `waits for its turn to start (${howLong(input.nowMs - input.view.sinceMs)})`,
    confidence: 0.2,
    evidence: [],
    next: [],
  }),
};

const affected: Rule = {
  id: 'affected-by-dependency',
  phases: ['fine', 'unready'],
  explain(facts) {
    const ill = facts.input.dependencies.find(
      ({ required, state }) => required && /^(?:failing|crash-loop|unknown|affected)$/.test(state),
    );
    if (ill === undefined) return null;
    const because = ill.why === null ? null : clip(ill.why, 110);
    return {
      sentence: withClause(`needs ${ill.service}, which is ${ill.state}`, because),
      // A 503 of a service whose database is down is the database's trouble.
      confidence: facts.phase === 'fine' ? 0.93 : 0.85,
      evidence: dependencyEvidence(facts, [ill.service]),
      next: [`fettle why ${ill.service}`],
    };
  },
};

const optionalMissing: Rule = {
  id: 'optional-missing',
  phases: ['fine', 'unready'],
  explain(facts) {
    const { missingOptional } = facts.input.view;
    if (missingOptional.length === 0) return null;
    const names = missingOptional.slice(0, 4).join(', ');
    const first = dependencyOf(facts, missingOptional[0] ?? '');
    const verb = missingOptional.length === 1 ? 'is' : 'are';
    const because =
      first === null || first.why === null ? null : `${first.service}: ${clip(first.why, 90)}`;
    return {
      sentence: withClause(`works without ${names}, which ${verb} optional and down`, because),
      confidence: facts.phase === 'fine' ? 0.92 : 0.3,
      evidence: dependencyEvidence(facts, missingOptional),
      next: [`fettle why ${missingOptional[0] ?? ''}`],
    };
  },
};

const stopWords: Readonly<Record<string, string>> = {
  'operator-stop': 'stopped by you, through Fettle',
  'stack-down': 'stopped with the whole stack (fettle down)',
  'scaled-down': 'stopped because fewer instances are wanted',
  removed: 'stopped because it is no longer in the config',
};

const stopped: Rule = {
  id: 'stopped-by-operator',
  phases: ['resting'],
  explain({ input }) {
    const { view } = input;
    if (view.state === 'done') return null;
    const endedBy = view.lastExit?.endedBy ?? null;
    const known = endedBy === null ? undefined : stopWords[endedBy];
    const said = known ?? 'stopped, as asked';
    return {
      sentence:
        view.state === 'stopping'
          ? `is being stopped (${howLong(input.nowMs - view.sinceMs)})`
          : `${said}, ${howLong(input.nowMs - view.sinceMs)} ago`,
      confidence: 0.95,
      evidence: [],
      next: view.state === 'stopping' ? [] : [`fettle start ${input.service}`],
    };
  },
};

const restarted: Rule = {
  id: 'restarted',
  phases: ['fine'],
  explain({ input, before }) {
    if (before === null) return null;
    const startedMs = input.view.startedAtMs ?? input.view.sinceMs;
    const ageMs = input.nowMs - startedMs;
    return {
      sentence: clip(`restarted ${howLong(ageMs)} ago: ${before.sentence}`, 160),
      confidence: ageMs < 120_000 ? 0.91 : 0.5,
      evidence: before.evidence,
      next: [`fettle timeline ${input.service}`],
    };
  },
};

const continued: Rule = {
  id: 'continued',
  phases: ['fine', 'unready'],
  explain({ input }) {
    const atMs = input.continuedAtMs ?? null;
    if (atMs === null || input.nowMs - atMs > 300_000) return null;
    return {
      sentence: `had been stopped from outside (SIGSTOP); Fettle continued it ${howLong(input.nowMs - atMs)} ago`,
      confidence: 0.905,
      evidence: [{ kind: 'history', text: 'was in state T, continued', atMs }],
      next: [`fettle timeline ${input.service}`],
    };
  },
};

const configNewer: Rule = {
  id: 'config-newer',
  phases: ['fine'],
  explain({ input }): Finding | null {
    const startedMs = input.view.startedAtMs;
    if (startedMs === null || input.configModifiedAtMs <= startedMs) return null;
    const ageMs = input.nowMs - input.configModifiedAtMs;
    return {
      sentence: `the config was changed ${howLong(ageMs)} ago and is newer than this process; fettle up applies it`,
      confidence: 0.4,
      evidence: [{ kind: 'config', text: 'config file is newer', atMs: input.configModifiedAtMs }],
      next: ['fettle config diff', 'fettle up -d'],
    };
  },
};

const starting: Rule = {
  id: 'starting',
  phases: ['unready'],
  explain({ input }) {
    const check = input.failingChecks[0];
    const ageMs = input.nowMs - (input.view.startedAtMs ?? input.view.sinceMs);
    const what =
      check === undefined
        ? 'its checks have not answered yet'
        : `check ${check.name}: ${clip(check.result.detail, 80)}`;
    if (input.view.state === 'external')
      return {
        sentence: `is not run by Fettle; ${what}`,
        confidence: 0.25,
        evidence: [],
        next: [],
      };
    const { hook } = input.view;
    if (hook !== undefined)
      return {
        sentence: `is held up for ${howLong(ageMs)} by its ${hook} hook`,
        confidence: 0.5,
        evidence: [],
        next: [`fettle logs ${input.service}`],
      };
    return {
      sentence: `is starting for ${howLong(ageMs)}; ${what}`,
      confidence: input.view.state === 'starting' ? 0.25 : 0.15,
      evidence: [],
      next: [],
    };
  },
};

export const lifecycleCauses: readonly Rule[] = [
  waiting,
  affected,
  optionalMissing,
  restarted,
  continued,
  stopped,
  configNewer,
  starting,
  waitingForTurn,
];
