/** Somebody changes a setting for good reason and restarts the service: the edit stays. */
import { readFileSync } from 'node:fs';
import { serviceOf } from '../drill-stack.ts';
import { editJson, takeUpEdit } from '../hands.ts';
import type { Negative } from '../negative.ts';

export const goodEdit: Negative = {
  name: 'good_edit',
  watchMs: 25_000,
  unfit: ({ parts }) => (parts.configured === null ? 'no configuration' : null),
  async begin(stack, dice) {
    const { service, config } = stack.parts.configured ?? stack.parts.front;
    const path = config ?? '';
    const key = stack.kind === 'shop' ? 'maxAmount' : 'pageSize';
    const restore = editJson(path, (value) => ({ ...value, [key]: dice.between(91, 99) }));
    const edited = readFileSync(path, 'utf8');
    const how = await takeUpEdit(stack, service, dice);
    return {
      did: `${key} of ${service} was changed; it was ${how}`,
      async holds() {
        if (readFileSync(path, 'utf8') !== edited) return 'the edit was taken back';
        const { state } = await serviceOf(stack, service);
        return state === 'ok' ? null : `${service} is ${state}`;
      },
      end: async () => restore(),
    };
  },
};
