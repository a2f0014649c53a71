/** A job that ends whoever takes it: the consumer dies of it again and again. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { act, type Fault } from '../fault.ts';
import { restartByHand, restartsOf, works } from '../hands.ts';

/** Each makes no sense to the consumers of both stacks, and is what a careless sender writes. */
const poisons = [
  '{"id": 12, "kind": "late"',
  '{"id": 12, "items": null}',
  '{"id": 12, "kind": "late", "amount": 2}',
  '',
];

export const poisonInput: Fault = {
  name: 'poison_input',
  family: 'process',
  unfit: ({ parts }) => (parts.consumer === null ? 'no queue of files' : null),
  async inject(stack, dice) {
    const consumer = stack.parts.consumer ?? stack.parts.worker;
    const { service } = consumer;
    const folder = consumer.jobs ?? '';
    const name = `${Date.now() - 60_000}-${dice.between(100, 999)}.json`;
    const before = await restartsOf(stack, service);
    writeFileSync(join(folder, name), dice.pick(poisons));
    return {
      did: `a broken job ${name} for ${service}`,
      signal: {
        what: 'it died of it twice, and it is still there',
        shows: async () =>
          (await restartsOf(stack, service)) >= before + 2 && existsSync(join(folder, name)),
        withinMs: 30_000,
      },
      expected: { classes: ['poison_input'], targets: [service] },
      right: [act('job.quarantine')],
      cured: async () => !existsSync(join(folder, name)) && works(stack, consumer),
      async undo() {
        for (const entry of readdirSync(stack.dir, { recursive: true, encoding: 'utf8' }))
          if (entry.endsWith(name)) rmSync(join(stack.dir, entry), { force: true });
        if (!(await works(stack, consumer))) await restartByHand(stack, service);
      },
      tempting: { what: `restart ${service}`, run: () => stack.fettle('restart', service) },
    };
  },
};
