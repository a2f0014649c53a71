/**
 * Bounds what a flooding log may take on disk, for a while.
 *
 * Services write straight to their files, so that a dead daemon blocks nobody: no line can be held
 * back on its way. What can be done, and is: the log is rotated, and while the bound stands only
 * the newest 16 MiB of it are kept; what goes is counted and recorded as dropped. Detectors skip a
 * flood by themselves. Ending the flood takes a restart of the writer, or a change of its code.
 */
import { z } from 'zod';
import { noMeans } from './act-error.ts';
import { plan, type Action } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import type { LogsPart } from '../../parts.ts';
import { durationOf, serviceOf, targetOf } from './supervised-service.ts';

const keptBytes = 16 * 1_048_576;
const defaultMs = 30 * 60_000;

const captured = z.object({
  before: z.object({ bytes: z.number(), untilMs: z.number() }).nullable(),
});

export const logsRateLimit: Action = {
  name: 'logs.rate_limit',
  describe: (params) => `bound the log of ${targetOf(params)}`,
  plan(params, world) {
    const { name } = serviceOf(world, targetOf(params));
    const text =
      `keep only the newest ${keptBytes / 1_048_576} MiB of the log of ${name} for a while; ` +
      'lines are not held back, the oldest go';
    const lacks = world.logs === null ? 'logs of ours' : null;
    return Promise.resolve(plan(text, `fettle restart ${name}`, [name], lacks));
  },
  capture(params, world) {
    const { name } = serviceOf(world, targetOf(params));
    return Promise.resolve({ before: logsOf(world).boundOf(name) });
  },
  async apply(params, _capture, { world }) {
    const target = targetOf(params);
    const untilMs = Date.now() + (durationOf(params, 'ttl') ?? defaultMs);
    await logsOf(world).bound(target, { bytes: keptBytes, untilMs });
    return `the log of ${target} is bounded to ${keptBytes / 1_048_576} MiB for now`;
  },
  async undo(params, capture, { world }) {
    const target = targetOf(params);
    await logsOf(world).bound(target, captured.parse(capture).before);
    return `the log of ${target} has the bounds that it had`;
  },
  observe(params, _capture, { world }) {
    const bound = logsOf(world).boundOf(targetOf(params));
    return Promise.resolve(bound?.bytes === keptBytes ? 'done' : 'not-done');
  },
};

function logsOf({ logs }: ActionWorld): LogsPart {
  if (logs !== null) return logs;
  throw noMeans('no log is kept', 'Start the stack first.');
}
