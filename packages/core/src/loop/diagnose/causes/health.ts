/** Causes that a check tells: it hangs, answers badly, elsewhere, or another answers in its place. */
import { lastErrorLine } from '../../collect/error-line.ts';
import type { Facts } from '../facts.ts';
import { exitEvidence, logEvidence, type Evidence, type Finding, type Rule } from '../rule.ts';
import { clip, howLong, ownerWords } from '../words.ts';

type Failing = Facts['input']['failingChecks'][number];

/** What every service does right after its start is no fault yet. */
const soft = new Set([
  'never-listened',
  'check-fails',
  'check-http-status',
  'check-no-answer',
  'heartbeat-late',
]);
const youngMs = 3_000;

function isYoung({ input }: Facts, check: Failing): boolean {
  const startedMs = input.view.startedAtMs ?? input.nowMs;
  return !check.everUp && input.nowMs - startedMs < youngMs;
}

/** A rule about the first failing check that `say` has a sentence for. */
function checkRule(
  id: string,
  confidence: number,
  say: (facts: Facts, check: Failing) => string | null,
): Rule {
  return {
    id,
    phases: ['unready'],
    explain(facts) {
      for (const check of facts.input.failingChecks) {
        const sentence = say(facts, check);
        if (sentence === null) continue;
        const sure = soft.has(id) && isYoung(facts, check) ? 0.1 : confidence;
        return finding(facts, check, { sentence, confidence: sure });
      }
      return null;
    },
  };
}

function finding(
  facts: Facts,
  check: Failing,
  said: Readonly<{ sentence: string; confidence: number }>,
): Finding {
  const line = lastErrorLine(facts.lines);
  const quoted: readonly Evidence[] = line === null ? [] : [logEvidence(facts, line)];
  const text = `${check.role} check ${check.name} failed ${check.failedInRow} in a row: ${check.result.detail}`;
  return {
    ...said,
    evidence: [{ kind: 'probe', text, atMs: null }, ...quoted],
    next: [],
  };
}

const refusedProbe = /ECONNREFUSED|refused|not listening|nothing listens/i;
const silentProbe = /no answer|timed? ?out|ETIMEDOUT|deadline|aborted/i;
const listening =
  /(?:listening|started|running|serving|ready|available|server|bound)\b[^\n]{0,60}?(?:\bport[ =:]+|:)(\d{2,5})\b/i;

/** The port that its own log, or the table of listeners, says it has. */
function listensOn({ input, lines }: Facts): number | null {
  const own = input.portOwners.find(
    ({ port, owner }) =>
      owner.kind === 'ours' &&
      owner.instance === input.view.instance &&
      port !== input.view.port?.port,
  );
  if (own !== undefined) return own.port;
  const line = lines.findLast((text) => listening.test(text));
  return line === undefined ? null : Number(listening.exec(line)?.[1]);
}

const listensElsewhere = checkRule('listens-elsewhere', 0.96, (facts, { result }) => {
  const told = /listens on ([\d, ]+), not on the (\d+)/.exec(result.detail);
  if (told !== null)
    return `listens on ${told[1]} but was given ${told[2]}: it does not honour PORT`;
  const given = facts.input.view.port?.port;
  const actual = listensOn(facts);
  if (given === undefined || actual === null || actual === given) return null;
  if (!refusedProbe.test(result.detail) && !silentProbe.test(result.detail)) return null;
  return `listens on ${actual} but was given ${given}: it does not honour PORT`;
});

const foreignAnswer = checkRule('foreign-answer', 0.97, ({ input }, { result, name }) => {
  if (result.attested !== false) return null;
  if (/^port \d+ is answered by .*not ours$/.test(result.detail)) return clip(result.detail, 150);
  const port = input.view.port?.port ?? null;
  const owner = input.portOwners.find((entry) => entry.port === port)?.owner;
  return owner === undefined || owner.kind === 'ours'
    ? `check ${name} is answered by a process that is not ours`
    : `port ${port} is answered by ${ownerWords(owner)} in its place`;
});

const neverListened = checkRule('never-listened', 0.8, ({ input }, check) => {
  if (check.everUp || !refusedProbe.test(check.result.detail)) return null;
  const port = input.view.port?.port;
  const ranMs = input.nowMs - (input.view.startedAtMs ?? input.nowMs);
  const where = port === undefined ? `for check ${check.name}` : `on port ${port}`;
  return `does not listen ${where}, ${howLong(ranMs)} after its start`;
});

const stoppedListening = checkRule('stopped-listening', 0.85, ({ input }, check) => {
  if (!check.everUp || !refusedProbe.test(check.result.detail)) return null;
  const port = input.view.port?.port;
  return `runs, but no longer listens${port === undefined ? '' : ` on port ${port}`}`;
});

const httpStatus = checkRule('check-http-status', 0.84, (_facts, check) => {
  const status = /\bHTTP (\d{3})\b(.*)/.exec(check.result.detail);
  if (status === null) return null;
  const rest = (status[2] ?? '').replace(/^[\s:,;–-]+/, '');
  const body = rest === '' ? '' : `: ${clip(rest, 90)}`;
  return `check ${clip(check.name, 30)} answers HTTP ${status[1]}${body}`;
});

const noAnswer = checkRule('check-no-answer', 0.86, ({ input }, check) => {
  if (!silentProbe.test(check.result.detail)) return null;
  if (/heartbeat|ping/.test(check.result.detail)) return null;
  const burns = (input.cpuRatio ?? 0) > 0.8 ? ' while it burns a whole core (busy loop?)' : '';
  const idle =
    input.cpuRatio !== null && (input.cpuRatio ?? 1) < 0.05 ? ' and does not use the CPU' : '';
  const times = check.failedInRow > 1 ? `, ${check.failedInRow} in a row` : '';
  const verb = check.everUp ? 'no longer gives' : 'has not given';
  return `${verb} an answer to check ${clip(check.name, 30)}${times}${burns}${idle}`;
});

const heartbeatLate = checkRule('heartbeat-late', 0.88, (_facts, check) =>
  /heartbeat|ping/i.test(check.result.detail)
    ? `no heartbeat: ${clip(check.result.detail, 100)}`
    : null,
);

const checkFails = checkRule('check-fails', 0.6, (_facts, check) => {
  const times = check.failedInRow > 1 ? ` (${check.failedInRow} in a row)` : '';
  return `check ${clip(check.name, 30)} fails: ${clip(check.result.detail, 90)}${times}`;
});

const hang: Rule = {
  id: 'hang',
  phases: ['ended', 'unready'],
  explain(facts) {
    const { input } = facts;
    const exit = input.view.lastExit;
    if (exit?.endedBy !== 'hang' || input.nowMs - exit.atMs > 900_000) return null;
    if (facts.phase === 'unready' && input.failingChecks.some(({ everUp }) => everUp)) return null;
    const verdict = input.hangVerdict ?? null;
    const how = verdict === null ? '' : `; ${clip(verdict, 90)}`;
    return {
      sentence: `killed by Fettle because it hung: its check gave no answer${how}`,
      confidence: facts.phase === 'ended' ? 0.99 : 0.7,
      evidence: [
        ...exitEvidence({ ...facts, exit }),
        ...(verdict === null ? [] : [{ kind: 'process', text: verdict, atMs: exit.atMs } as const]),
      ],
      next: [`fettle timeline ${input.service}`],
    };
  },
};

/** A failing check that may fail: the service serves all the same. */
const flapping: Rule = {
  id: 'flapping',
  phases: ['fine', 'unready'],
  explain({ input, phase }) {
    if (!input.flapping) return null;
    const check = input.failingChecks[0];
    const last = check === undefined ? '' : `; last: ${clip(check.result.detail, 80)}`;
    return {
      sentence: `its checks flap: up and down again and again${last}`,
      confidence: phase === 'fine' ? 0.92 : 0.88,
      evidence: [{ kind: 'probe', text: 'the last checks changed too often', atMs: null }],
      next: [`fettle timeline ${input.service}`],
    };
  },
};

export const healthCauses: readonly Rule[] = [
  hang,
  foreignAnswer,
  listensElsewhere,
  heartbeatLate,
  flapping,
  noAnswer,
  stoppedListening,
  httpStatus,
  neverListened,
  checkFails,
];
