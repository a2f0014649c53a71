/** Answers a runbook's questions in parallel, each within the deadline; null where it cannot. */
import type { FactCall, Value } from '@fettle/core/loop/plan/expression/expression';
import type { ActionWorld } from '../actions/action-world.ts';
import { linkUp } from '../actions/link-up.ts';
import { allFacts } from './all.ts';

const byName = new Map(allFacts.map((fact) => [fact.name, fact]));

export function answerFacts(
  calls: readonly FactCall[],
  { timeoutMs }: Readonly<{ timeoutMs: number }>,
  world: ActionWorld,
): Promise<Value[]> {
  const beganMs = performance.now();
  const leftMs = (): number => Math.max(1, Math.floor(timeoutMs - (performance.now() - beganMs)));
  return linkUp(world, timeoutMs / 3).then(() =>
    Promise.all(calls.map((call) => answerOne(call, leftMs(), world))),
  );
}

async function answerOne(
  { name, args }: FactCall,
  timeoutMs: number,
  world: ActionWorld,
): Promise<Value> {
  const fact = byName.get(name);
  if (fact === undefined) return null;
  const abort = new AbortController();
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => {
    abort.abort();
    late.resolve(null);
  }, timeoutMs);
  try {
    const answer = fact.answer(args, { world, timeoutMs, signal: abort.signal });
    return await Promise.race([answer, late.promise]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}
