/**
 * What is drilled on one started stack, one after another. Chapters are independent of each other
 * and run in parallel lanes, each with ports of its own.
 */
import { rollDice } from './dice.ts';
import { pause, type DrillStack } from './drill-stack.ts';
import type { Fault } from './fault.ts';
import { openGeneratedStack } from './generated-stack.ts';
import type { Negative } from './negative.ts';
import { remembered } from './open-stacks.ts';
import { openShopStack } from './shop-stack.ts';

export type StackKind = 'shop' | 'generated';
export type Task =
  | Readonly<{ kind: 'drill'; fault: Fault }>
  | Readonly<{ kind: 'tempting'; fault: Fault }>
  | Readonly<{ kind: 'negative'; negative: Negative }>;

export type Chapter = Readonly<{
  stack: StackKind;
  seed: string;
  round: number;
  /** The shop's API reaches the ledger over the fault proxy. */
  link: boolean;
  tasks: readonly Task[];
}>;

/** Drills on one stack before it is replaced by a fresh one. */
const perStack = 6;

export type Wish = Readonly<{
  seed: string;
  rounds: number;
  stacks: readonly StackKind[];
  faults: readonly Fault[];
  negatives: readonly Negative[];
  tempting: boolean;
}>;

/** Negative cases first: they take longest and must not wait for the end. */
export function planChapters(wish: Wish): readonly Chapter[] {
  const chapters: Chapter[] = [];
  for (let round = 1; round <= wish.rounds; round += 1)
    for (const stack of wish.stacks) {
      const seed = `${wish.seed}/${round}/${stack}`;
      const shuffled = rollDice(seed).shuffle(wish.faults);
      const add = (name: string, link: boolean, tasks: readonly Task[]): void => {
        if (tasks.length > 0) chapters.push({ stack, round, link, tasks, seed: `${seed}/${name}` });
      };
      add(
        'calm',
        false,
        wish.negatives.map((negative) => ({ kind: 'negative', negative })),
      );
      const over = (link: boolean) =>
        shuffled.filter(({ overLink }) => stack === 'generated' || (overLink === true) === link);
      const drills = (faults: readonly Fault[]) =>
        faults.map((fault) => ({ kind: 'drill' as const, fault }));
      for (const link of stack === 'shop' ? [false, true] : [false]) {
        const all = drills(over(link));
        for (let at = 0; at < all.length; at += perStack)
          add(`${link ? 'link' : 'plain'}-${at / perStack}`, link, all.slice(at, at + perStack));
        if (!wish.tempting || round > 1) continue;
        const tempting = over(link).map((fault) => ({ kind: 'tempting' as const, fault }));
        add(`tempting-${String(link)}`, link, tempting);
      }
    }
  return chapters;
}

/** Until files count as good and figures have a base. */
const warmMs = 15_000;

export async function openStack(
  { stack, seed, link }: Chapter,
  attempt: number,
  firstPort: number,
): Promise<DrillStack> {
  const own = attempt === 0 ? seed : `${seed}+${attempt}`;
  const opened = remembered(
    stack === 'shop'
      ? await openShopStack({ seed: own, firstPort, link })
      : await openGeneratedStack(own, firstPort),
  );
  await pause(warmMs);
  return opened;
}
