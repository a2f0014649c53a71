/** The contract of a case in which nothing may be done: something happens, and it is all right. */
import type { Dice } from './dice.ts';
import type { DrillStack } from './drill-stack.ts';

export type Negative = Readonly<{
  name: string;
  heavy?: boolean;
  /** Watched for this long after it began. */
  watchMs: number;
  unfit(stack: DrillStack): string | null;
  begin(stack: DrillStack, dice: Dice): Promise<Happening>;
}>;

export type Happening = Readonly<{
  did: string;
  /** What else must hold at the end of the watch; null: nothing. */
  holds: (() => Promise<string | null>) | null;
  end(): Promise<void>;
}>;
