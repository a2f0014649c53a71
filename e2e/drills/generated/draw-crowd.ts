/** Draws one database and a crowd of services that all need it, for failures that spread. */
import { join } from 'node:path';
import type { Dice } from '../dice.ts';
import { drawApi } from './draw-api.ts';
import { drawDatabase } from './draw-stack.ts';
import { openNames } from './names.ts';
import type { StackPlan } from './program-plan.ts';
import type { Sketch } from './sketch.ts';

export type CrowdWish = Readonly<{
  dir: string;
  controls: string;
  /** The first of `10 x count` ports. */
  firstPort: number;
  count: number;
}>;

/** The database comes first among the programs. */
export function drawCrowd(dice: Dice, { dir, controls, firstPort, count }: CrowdWish): StackPlan {
  const names = openNames(dice.fork('names'));
  const database = { service: names.name('database'), port: firstPort };
  const sketch: Sketch = {
    dice: dice.fork('programs'),
    names,
    database,
    slots: { taken: 0 },
    ground: {
      dir,
      controls,
      firstPort,
      linkPort: 0,
      partnerPort: 0,
      has: { python: true, redis: false, curl: false },
    },
  };
  // Python is the lighter by far; fifty programs of Node are 3 GB.
  const crowd = Array.from({ length: count }, () =>
    drawApi(sketch, { address: 'fettle', language: 'python', deep: true }),
  );
  return {
    name: 'crowd',
    dir,
    controls,
    programs: [drawDatabase(sketch, 2 * count), ...crowd],
    databasePort: firstPort,
    linkPort: 0,
    partner: null,
    disk: join(dir, 'data'),
  };
}
