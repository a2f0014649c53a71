/** Faults of the link between a service and its database: one shape, several ways to be bad. */
import type { Dice } from '../dice.ts';
import { act, escalate, type Fault } from '../fault.ts';
import { askService, comesTrue } from '../drill-stack.ts';
import type { LinkMode } from '../fault-proxy.ts';
import { databaseAnswers } from '../hands.ts';

type LinkFault = Readonly<{
  name: string;
  classes: readonly string[];
  mode(dice: Dice): LinkMode;
  /** It shows only against what is usual, and so long the service must have lived for that. */
  livedMs?: number;
  /** Of one request of the service at the near end. */
  shows(answer: Readonly<{ status: number; tookMs: number }>): boolean;
}>;

/** So many good answers in a row are no luck: half of them lost, one in 250. */
const sure = 8;

export function linkFault({ name, classes, mode, shows, livedMs = 0 }: LinkFault): Fault {
  return {
    name,
    family: 'network',
    overLink: true,
    unfit: ({ parts }) => (parts.linked === null ? 'no link over the proxy' : null),
    async settle({ parts, loop }) {
      const near = parts.linked?.program.service;
      const lives = async (): Promise<boolean> => {
        const { services } = await loop.status();
        const starts = services
          .filter((one) => one.name === near)
          .flatMap(({ instances }) =>
            instances.map(({ startedAt }) => Date.parse(startedAt ?? '')),
          );
        return starts.every((startMs) => Date.now() - startMs >= livedMs);
      };
      await comesTrue(lives, livedMs);
    },
    async inject(stack, dice) {
      const { linked, database } = stack.parts;
      if (linked === null) throw new RangeError('no link');
      const { program, proxy } = linked;
      const chosen = mode(dice);
      await proxy.set(chosen);
      const ask = () => askService(stack, program.service, program.work, 4_000);
      return {
        did: `the link of ${program.service} to ${database.service}: ${JSON.stringify(chosen)}`,
        signal: {
          what: 'requests suffer, the database answers when asked directly',
          shows: async () => shows(await ask()) && databaseAnswers(stack),
          withinMs: 20_000,
        },
        expected: { classes, targets: [program.service, database.service] },
        right: [escalate, act('breaker.open'), act('resilience.set')],
        // Of connections that break off by chance, one may well be lucky.
        async cured() {
          for (let left = sure; left > 0; left -= 1) {
            const { status, tookMs } = await ask();
            if (status !== 200 || tookMs >= 300) return false;
          }
          return true;
        },
        undo: () => proxy.set({ kind: 'pass' }),
        tempting: {
          what: `restart ${database.service}`,
          run: () => stack.fettle('restart', database.service),
        },
      };
    },
  };
}
