/** Causes that come as a POSIX signal. Fettle's own are told apart by `endedBy`. */
import type { Facts, Phase } from '../facts.ts';
import { exitEvidence, logEvidence, type Rule } from '../rule.ts';
import { clip } from '../words.ts';

const faults: Readonly<Record<string, string>> = {
  SIGSEGV: 'read or wrote memory that is not its own (segmentation fault)',
  SIGBUS: 'touched memory that is not there (bus error)',
  SIGILL: 'ran an instruction that this processor does not know (illegal instruction)',
  SIGFPE: 'divided by zero or made another arithmetic fault',
  SIGSYS: 'made a system call that is forbidden here (seccomp)',
  SIGTRAP: 'stopped itself at a trap in its own code',
  SIGXCPU: 'used up the CPU time that it was allowed',
  SIGXFSZ: 'wrote a file larger than it was allowed',
};

function outside(id: string, signals: readonly string[], say: (name: string) => string): Rule {
  return {
    id,
    phases: ['ended'],
    explain(facts) {
      const name = ownSignal(facts);
      if (name === null || !signals.includes(name)) return null;
      return {
        sentence: say(name),
        confidence: 0.9,
        evidence: exitEvidence(facts),
        next: [`fettle timeline ${facts.input.service}`],
      };
    },
  };
}

/** The signal that ended it and was not sent by us. */
function ownSignal({ exit }: Facts): string | null {
  return exit === null || exit.endedBy !== null ? null : exit.posixSignal;
}

const crashed: readonly Phase[] = ['ended'];
const memoryFault: Rule = {
  id: 'memory-fault',
  phases: crashed,
  explain(facts) {
    const name = ownSignal(facts);
    const what = name === null ? undefined : faults[name];
    if (name === null || what === undefined) return null;
    const python = facts.lines.findLast((line) => /^ {2}File "(?!<)/.test(line));
    const where = /File "([^"]+)", line (\d+)/.exec(python ?? '');
    const place =
      where === null ? '' : ` at ${(where[1] ?? '').split('/').slice(-2).join('/')}:${where[2]}`;
    return {
      sentence: `killed by ${name}${place}: it ${what}`,
      confidence: 0.93,
      evidence: [
        ...exitEvidence(facts),
        ...(python === undefined ? [] : [logEvidence(facts, python)]),
      ],
      next: [],
    };
  },
};

const aborted: Rule = {
  id: 'aborted',
  phases: crashed,
  explain(facts) {
    if (ownSignal(facts) !== 'SIGABRT') return null;
    const said = facts.lines.findLast((line) =>
      /assert|terminate called|abort|what\(\)|fatal|panic|corrupt|double free/i.test(line),
    );
    const because = said === undefined ? '' : `: ${clip(said, 100)}`;
    return {
      sentence: `ended itself with SIGABRT${because}`,
      confidence: said === undefined ? 0.7 : 0.85,
      evidence: [...(said === undefined ? [] : [logEvidence(facts, said)]), ...exitEvidence(facts)],
      next: [],
    };
  },
};

export const signalCauses: readonly Rule[] = [
  memoryFault,
  aborted,
  outside('killed-from-outside', ['SIGKILL'], () => 'killed by SIGKILL, not by Fettle'),
  outside(
    'terminated-from-outside',
    ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGALRM'],
    (name) => `ended by ${name}, which Fettle did not send`,
  ),
];
