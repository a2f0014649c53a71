/** Somebody edits a configuration file and leaves it broken; the next start refuses it. */
import { readFileSync } from 'node:fs';
import { act, type Fault } from '../fault.ts';
import type { Dice } from '../dice.ts';
import { edit, takeUpEdit, pickApi, restartByHand, restartsOf, works } from '../hands.ts';

/** What goes wrong when one edits JSON by hand. */
const slips: readonly ((text: string) => string)[] = [
  (text) => text.replace(/\}\s*$/, ''),
  (text) => text.replace(',', ''),
  (text) => text.replace('{', '{,'),
  (text) => `${text.trimEnd().slice(0, -1)}, }\n`,
  (text) => text.replace(/"(\w+)":/, "'$1':"),
];

function breaks(path: string): (slip: (text: string) => string) => boolean {
  const before = readFileSync(path, 'utf8');
  return (slip) => {
    try {
      return JSON.parse(slip(before)) === undefined;
    } catch {
      return true;
    }
  };
}

export const badConfig: Fault = {
  name: 'bad_config',
  family: 'config',
  unfit: () => null,
  async inject(stack, dice: Dice) {
    const { configured, bridge } = stack.parts;
    const victim = dice.pick([configured ?? bridge, bridge, pickApi(stack, dice)]);
    const chosen = victim.config === null ? bridge : victim;
    const { service } = chosen;
    const before = await restartsOf(stack, service);
    const restore = edit(chosen.config ?? '', dice.pick(slips.filter(breaks(chosen.config ?? ''))));
    const how = await takeUpEdit(stack, service, dice);
    return {
      did: `the configuration of ${service} was left broken; it was ${how}`,
      signal: {
        what: 'two restarts',
        shows: async () => (await restartsOf(stack, service)) >= before + 2,
      },
      expected: { classes: ['bad_config'], targets: [service] },
      right: [act('config.rollback'), act('config.restore')],
      cured: () => works(stack, chosen),
      async undo() {
        restore();
        if (!(await works(stack, chosen))) await restartByHand(stack, service);
      },
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
