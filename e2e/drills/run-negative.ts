/** One case in which nothing may be done: it happens, and whatever Fettle does counts against it. */
import type { Dice } from './dice.ts';
import { touches, type NegativeResult } from './drill-result.ts';
import { pause, type DrillStack } from './drill-stack.ts';
import type { Negative } from './negative.ts';
import { untilCalm } from './run-drill.ts';

export async function runNegative(
  stack: DrillStack,
  negative: Negative,
  { dice, round }: Readonly<{ dice: Dice; round: number }>,
): Promise<NegativeResult> {
  await untilCalm(stack);
  const known = new Set((await stack.loop.incidents()).map(({ id }) => id));
  const seq = (await stack.loop.events(0)).at(-1)?.seq ?? 0;
  const happening = await negative.begin(stack, dice);
  try {
    await pause(negative.watchMs);
    const fresh = (await stack.loop.incidents()).filter(({ id }) => !known.has(id));
    const kills = (await stack.loop.events(seq)).filter(({ kind }) => kind === 'healing.killed');
    const broken = happening.holds === null ? null : await happening.holds();
    return {
      stack: stack.kind,
      round,
      name: negative.name,
      did: happening.did,
      acts: [
        ...fresh
          .flatMap(({ attempts }) => attempts)
          .filter(touches)
          .map(({ action, target }) => `${action} ${target}`),
        ...kills.map(({ text }) => text),
        ...(broken === null ? [] : [broken]),
      ],
      incidents: fresh.map(({ title, diagnosis }) => `${diagnosis?.class ?? '?'}: ${title}`),
    };
  } finally {
    await happening.end();
  }
}
