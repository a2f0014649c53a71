/** Causes that only the exit tells, and the last resort: what is known and no more. */
import { lastErrorLine, lastLine } from '../../collect/error-line.ts';
import { endsWithin, type Facts } from '../facts.ts';
import { exitEvidence, logEvidence, type Evidence, type Rule } from '../rule.ts';
import { clip, clipMiddle, howLong } from '../words.ts';

/** Source: sysexits.h of 4.3BSD. */
const sysexits: Readonly<Record<number, string>> = {
  64: 'it was called wrongly (usage)',
  65: 'its input data is wrong',
  66: 'an input file is missing or unreadable',
  67: 'a user is unknown',
  68: 'a host is unknown',
  69: 'a service that it needs is unavailable',
  70: 'an internal error',
  71: 'the system refused it something',
  72: 'a system file is missing',
  73: 'it cannot create its output',
  74: 'reading or writing failed',
  75: 'a passing failure; try again',
  76: 'the other side broke the protocol',
  77: 'it lacks a permission',
  78: 'its configuration is wrong',
};

function exitRule(
  id: string,
  confidence: number,
  say: (facts: Facts, code: number) => Readonly<{ sentence: string; line: string | null }> | null,
): Rule {
  return {
    id,
    phases: ['ended'],
    explain(facts) {
      const { exit } = facts;
      if (exit === null || exit.kind === 'unknown' || exit.code === null) return null;
      if (facts.input.view.spawnError !== null) return null;
      const said = say(facts, exit.code);
      if (said === null) return null;
      const quoted: readonly Evidence[] = said.line === null ? [] : [logEvidence(facts, said.line)];
      return {
        sentence: said.sentence,
        confidence,
        evidence: [...quoted, ...exitEvidence(facts)],
        next: [],
      };
    },
  };
}

function after({ ranMs }: Facts): string {
  return ranMs === null ? '' : ` after ${howLong(ranMs)}`;
}
const spoke = (facts: Facts): boolean => facts.lines.some((line) => line.trim() !== '');

const endsWithSuccess = exitRule('exits-zero', 0.55, (facts, code) => {
  if (code !== 0 || facts.exit?.endedBy !== null) return null;
  const again = endsWithin(facts.input, 600_000) >= 2;
  const sentence = again
    ? `ends with success (exit 0)${after(facts)} again and again: a job? then give it restart: "no"`
    : `ended with success (exit 0)${after(facts)} although it should keep running`;
  return { sentence, line: lastLine(facts.lines) };
});

const sysexit = exitRule('exit-by-convention', 0.6, (facts, code) => {
  const meaning = sysexits[code];
  if (meaning === undefined) return null;
  const line = lastErrorLine(facts.lines) ?? lastLine(facts.lines);
  const said = line === null ? '' : `; it said: ${clip(line, 70)}`;
  return { sentence: `exited with code ${code}, which says that ${meaning}${said}`, line };
});

const errorLine = exitRule('last-error-line', 0.45, (facts, code) => {
  if (code === 0) return null;
  const line = lastErrorLine(facts.lines);
  if (line === null) return null;
  return { sentence: `exited with code ${code}${after(facts)}; it said: ${clip(line, 110)}`, line };
});

const noErrorLine = exitRule('exit-code', 0.3, (facts, code) => {
  if (code === 0 || !spoke(facts)) return null;
  const line = lastLine(facts.lines);
  const last = line === null ? '' : `; last line: ${clip(line, 60)}`;
  return { sentence: `exited with code ${code}${after(facts)} without an error line${last}`, line };
});

const silent = exitRule('silent-exit', 0.5, (facts, code) =>
  code === 0 || spoke(facts)
    ? null
    : { sentence: `exited with code ${code}${after(facts)} without any output`, line: null },
);

const unknownExit: Rule = {
  id: 'exit-unknown',
  phases: ['ended'],
  explain(facts) {
    const { exit, input } = facts;
    if (exit !== null && exit.kind !== 'unknown') return null;
    if (exit === null && input.view.spawnError !== null) return null;
    const line = lastErrorLine(facts.lines);
    const said = line === null ? '' : `; its last error: ${clip(line, 80)}`;
    return {
      sentence: `ended while nobody watched; how is not known${said}`,
      confidence: 0.35,
      evidence: line === null ? [] : [logEvidence(facts, line)],
      next: [`fettle start ${input.service}`],
    };
  },
};

const spawnFailed: Rule = {
  id: 'spawn-failed',
  phases: ['ended'],
  explain(facts) {
    const { input } = facts;
    const { spawnError } = input.view;
    if (spawnError === null) return null;
    if (spawnError.code === 'E-HOOK') return hookCause(facts, spawnError.message);
    return {
      sentence: `could not be started: ${clip(spawnError.message, 130)}`,
      confidence: 0.8,
      evidence: [{ kind: 'exit', text: `${spawnError.code}: ${spawnError.message}`, atMs: null }],
      next: ['fettle config show'],
    };
  },
};

function hookCause(facts: Facts, message: string): NonNullable<ReturnType<Rule['explain']>> {
  const isDown = facts.input.view.nextStartAtMs === null;
  const line = lastErrorLine(facts.lines) ?? lastLine(facts.lines);
  const said = line === null ? '' : `; it said: ${clip(line, 80)}`;
  return {
    sentence: `${isDown ? 'kept down' : 'not started'}: ${clip(message, 130)}${said}`,
    confidence: 0.95,
    evidence: [
      { kind: 'exit', text: message, atMs: null },
      ...(line === null ? [] : [logEvidence(facts, line)]),
    ],
    next: [`fettle logs ${facts.input.service}`, `fettle start ${facts.input.service}`],
  };
}

/** We ended it for a reason that is no illness and it has not come back yet. */
const endedByUs: Rule = {
  id: 'restarting',
  phases: ['ended'],
  explain(facts) {
    const endedBy = facts.exit?.endedBy ?? null;
    if (endedBy === null || endedBy === 'hang' || endedBy.endsWith('-limit')) return null;
    // It was to start again, and that failed: the start is what people must hear of.
    if (facts.input.view.spawnError !== null) return null;
    return {
      sentence: `ended by Fettle (${clipMiddle(endedBy.replaceAll('-', ' '), 60)}) and about to start again`,
      confidence: 0.9,
      evidence: exitEvidence(facts),
      next: [],
    };
  },
};

export const exitCauses: readonly Rule[] = [
  endedByUs,
  spawnFailed,
  endsWithSuccess,
  sysexit,
  silent,
  errorLine,
  noErrorLine,
  unknownExit,
];
