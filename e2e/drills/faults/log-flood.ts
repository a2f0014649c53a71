/** One message, thousands of times a second. */
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { act, type Fault } from '../fault.ts';
import { floods } from '../generated/wording.ts';
import { pickService, tellRun, endRun } from '../hands.ts';

/** Bytes of all that is kept of a service's output. */
function logFiles(dir: string, service: string): readonly string[] {
  const folder = join(dir, '.fettle', 'logs', `${service}.1`);
  return readdirSync(folder).map((name) => join(folder, name));
}

export const logFlood: Fault = {
  name: 'log_flood',
  family: 'disk',
  heavy: true,
  unfit: () => null,
  async inject(stack, dice) {
    const victim = pickService(stack, dice);
    const { service } = victim;
    const pid = await tellRun(
      stack,
      service,
      `flood ${dice.between(15, 30) * 100} ${dice.pick(floods)}`,
    );
    const size = (): number =>
      logFiles(stack.dir, service).reduce((sum, path) => sum + statSync(path).blocks * 512, 0);
    let [atMs, before, perSecond] = [performance.now(), size(), 0];
    const rate = (): number => {
      const nowMs = performance.now();
      if (nowMs - atMs < 1_000) return perSecond;
      perSecond = ((size() - before) / (nowMs - atMs)) * 1_000;
      [atMs, before] = [nowMs, size()];
      return perSecond;
    };
    return {
      did: `${service} repeats one message without end`,
      signal: { what: '50 kB of log a second', shows: async () => rate() > 50_000 },
      expected: { classes: ['log_flood'], targets: [service] },
      right: [act('logs.rate_limit'), act('service.restart'), act('logs.rotate')],
      cured: async () => rate() < 15_000,
      undo: () => endRun(stack, service, pid),
      tempting: {
        what: 'truncate the log and go on',
        async run() {
          for (const path of logFiles(stack.dir, service)) truncateSync(path, 0);
        },
      },
    };
  },
};
