/** Every fact, by name: what an expression may ask. */
import { changeFacts } from './change-facts.ts';
import { diskFacts } from './disk-facts.ts';
import type { Fact } from './fact.ts';
import { graphFacts } from './graph-facts.ts';
import { logFacts } from './log-facts.ts';
import { plainFacts } from './plain-facts.ts';
import { seriesFacts } from './series-facts.ts';
import { serviceFacts } from './service-facts.ts';
import { shellFacts } from './shell-facts.ts';

const families: readonly (readonly Fact[])[] = [
  serviceFacts,
  graphFacts,
  seriesFacts,
  logFacts,
  changeFacts,
  diskFacts,
  shellFacts,
  plainFacts,
];

export const allFacts: ReadonlyMap<string, Fact> = new Map(
  families.flat().map((fact) => [fact.name, fact]),
);
