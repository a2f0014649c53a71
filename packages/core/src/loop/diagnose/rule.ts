/**
 * A rule of "why": one cause that can be named, told from facts.
 *
 * Most causes speak through one log line, so most rules are made by `logRule` from patterns and a
 * sentence. A new cause is an entry in a family file, its test, and a row in docs/why.md.
 */
import type { Facts, Phase } from './facts.ts';
import type { Why } from './why-input.ts';

export type Evidence = Why['evidence'][number];

export type Finding = Readonly<{
  sentence: string;
  /** 0-1; the highest wins. */
  confidence: number;
  evidence: readonly Evidence[];
  next: readonly string[];
}>;

export type Rule = Readonly<{
  /** Stable; a row of docs/why.md. */
  id: string;
  phases: readonly Phase[];
  explain(facts: Facts): Finding | null;
}>;

export type Hit = Readonly<{
  /** The pattern's groups; absent ones are ''. */
  groups: readonly string[];
  line: string;
  index: number;
  weight: number;
}>;

export type LogRule = Readonly<{
  id: string;
  phases?: readonly Phase[];
  /** Confidence when the line is the run's last word. */
  confidence: number;
  patterns: readonly RegExp[];
  /** The line need not be the last word: it is said early and explains what comes much later. */
  anywhere?: boolean;
  /** null: not this cause after all. */
  say(hit: Hit, facts: Facts): string | null;
  next?(hit: Hit, facts: Facts): readonly string[];
  evidence?(hit: Hit, facts: Facts): readonly Evidence[];
}>;

const whenFailing: readonly Phase[] = ['ended', 'unready'];

export function logRule(rule: LogRule): Rule {
  return {
    id: rule.id,
    phases: rule.phases ?? whenFailing,
    explain(facts) {
      const hit = findHit(rule, facts);
      const sentence = hit === null ? null : rule.say(hit, facts);
      if (hit === null || sentence === null) return null;
      return {
        sentence,
        confidence: rule.confidence * hit.weight * afterSignal(facts),
        evidence: [logEvidence(facts, hit.line), ...(rule.evidence?.(hit, facts) ?? [])],
        next: rule.next?.(hit, facts) ?? [],
      };
    },
  };
}

/** The best line of all patterns; of equals, the earlier pattern, then the later line. */
function findHit(rule: LogRule, facts: Facts): Hit | null {
  let best: Hit | null = null;
  for (const pattern of rule.patterns) {
    for (const index of facts.distinct) {
      const line = facts.lines[index] ?? '';
      const weight = rule.anywhere === true ? 1 : (facts.weights[index] ?? 0);
      if (best !== null && weight <= best.weight) continue;
      const match = pattern.exec(line);
      if (match === null) continue;
      best = { groups: match.map((group) => group ?? ''), line, index, weight };
    }
  }
  return best;
}

/** What killed it from outside is no secret of its log. */
function afterSignal({ exit }: Facts): number {
  if (exit === null || exit.posixSignal === null) return 1;
  return exit.posixSignal === 'SIGABRT' || exit.posixSignal === 'SIGTRAP' ? 1 : 0.5;
}

export function logEvidence(facts: Facts, line: string): Evidence {
  const where = facts.token === null ? '' : ` (run ${facts.token})`;
  return { kind: 'log', text: `${line.trim()}${where}`, atMs: facts.exit?.atMs ?? null };
}

export function exitEvidence(facts: Facts): readonly Evidence[] {
  const { exit } = facts;
  return exit === null ? [] : [{ kind: 'exit', text: exitWords(facts), atMs: exit.atMs }];
}

/** `exit 1 after 2s`, `137 (KILL or exit) after 2s`. */
function exitWords({ exit, ranMs, token }: Facts): string {
  if (exit === null) return 'still running';
  const name = exit.posixSignal?.replace(/^SIG/, '') ?? null;
  const how = exit.code === null ? 'exit unknown' : `exit ${exit.code}`;
  const code = name === null ? how : `${exit.code ?? '?'} (${name} or exit)`;
  const after = ranMs === null ? '' : ` after ${ranMs} ms`;
  const by = exit.endedBy === null ? '' : `, ended by Fettle: ${exit.endedBy}`;
  return `${code}${after}${by}${token === null ? '' : ` (run ${token})`}`;
}
