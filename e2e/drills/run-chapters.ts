/** Runs chapters in lanes. A stack that does not become calm again is replaced by a fresh one. */
import { openStack, type Chapter, type Task } from './chapter.ts';
import { rollDice } from './dice.ts';
import type { DrillResult, NegativeResult, TemptingResult } from './drill-result.ts';
import type { DrillStack } from './drill-stack.ts';
import { runDrill, runTempting } from './run-drill.ts';
import { runNegative } from './run-negative.ts';

export type Results = {
  readonly drills: DrillResult[];
  readonly negatives: NegativeResult[];
  readonly tempting: TemptingResult[];
  /** `inode_exhaustion on shop: creates no files`. */
  readonly unfit: Set<string>;
  /** What the drills themselves could not do. */
  readonly broken: string[];
};

export type Tell = Readonly<{
  drill(result: DrillResult): void;
  negative(result: NegativeResult): void;
  tempting(result: TemptingResult): void;
  note(text: string): void;
}>;

const portsPerLane = 400;
/** A stack that breaks twice in a row costs its task. */
const triesPerTask = 2;

export async function runChapters(
  chapters: readonly Chapter[],
  options: Readonly<{ lanes: number; firstPort: number; trace: string | null; tell: Tell }>,
): Promise<Results> {
  const { lanes, firstPort, trace, tell } = options;
  const results: Results = {
    drills: [],
    negatives: [],
    tempting: [],
    unfit: new Set(),
    broken: [],
  };
  const left = [...chapters];
  const heavy = oneAtATime();
  const lane = async (number: number): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      await runChapter(next, {
        port: firstPort + number * portsPerLane,
        heavy,
        results,
        tell,
        trace,
      });
  };
  await Promise.all(Array.from({ length: lanes }, (_none, index) => lane(index)));
  return results;
}

type Lane = Readonly<{
  port: number;
  heavy: Mutex;
  results: Results;
  tell: Tell;
  trace: string | null;
}>;

async function runChapter(chapter: Chapter, lane: Lane): Promise<void> {
  const left = [...chapter.tasks];
  let tries = 0;
  for (let attempt = 0; left.length > 0; attempt += 1) {
    let stack: DrillStack | null = null;
    try {
      // Two neighbouring ranges in turn: ports of the last stack may still be in TIME_WAIT.
      stack = await openStack(chapter, attempt, lane.port + (attempt % 2) * (portsPerLane / 2));
      while (left.length > 0) {
        await runTask(stack, left[0] as Task, { chapter, lane });
        left.shift();
        tries = 0;
      }
    } catch (cause) {
      tries += 1;
      const text = `${chapter.seed} ${nameOf(left[0])}: ${cause instanceof Error ? cause.message : String(cause)}`;
      lane.tell.note(text);
      if (tries >= triesPerTask) {
        lane.results.broken.push(text);
        left.shift();
        tries = 0;
      }
    } finally {
      await stack?.close().catch((cause: unknown) => lane.tell.note(String(cause)));
    }
  }
}

const nameOf = (task: Task | undefined): string =>
  task === undefined ? '' : task.kind === 'negative' ? task.negative.name : task.fault.name;

async function runTask(
  stack: DrillStack,
  task: Task,
  { chapter, lane }: Readonly<{ chapter: Chapter; lane: Lane }>,
): Promise<void> {
  const { results, tell } = lane;
  const { round } = chapter;
  const subject = task.kind === 'negative' ? task.negative : task.fault;
  const unfit = subject.unfit(stack);
  if (unfit !== null) return void results.unfit.add(`${subject.name} on ${stack.kind}: ${unfit}`);
  const dice = rollDice(`${chapter.seed}/${subject.name}`);
  await (subject.heavy === true ? lane.heavy(run) : run());

  async function run(): Promise<void> {
    if (task.kind === 'negative') {
      const result = await runNegative(stack, task.negative, { dice, round });
      results.negatives.push(result);
      tell.negative(result);
    } else if (task.kind === 'drill') {
      const result = await runDrill(stack, task.fault, { dice, round, trace: lane.trace });
      results.drills.push(result);
      tell.drill(result);
    } else {
      const result = await runTempting(stack, task.fault, dice);
      if (result === null) return;
      results.tempting.push(result);
      tell.tempting(result);
    }
  }
}

type Mutex = (work: () => Promise<void>) => Promise<void>;

/** What burns a core does so alone. */
function oneAtATime(): Mutex {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
