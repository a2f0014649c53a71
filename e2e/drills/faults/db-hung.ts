/** The database accepts connections and answers nobody. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { act, reflex, type Fault } from '../fault.ts';
import { askService } from '../drill-stack.ts';
import { askDatabase, databaseAnswers, restartByHand, tellRun } from '../hands.ts';

export const dbHung: Fault = {
  name: 'db_hung',
  family: 'dependency',
  unfit: () => null,
  async inject(stack, dice) {
    const { database, apis, worker } = stack.parts;
    const { service, port, language } = database;
    if (language === 'redis') await stallRedis(port, apis[0]?.secret ?? worker.secret);
    else await tellRun(stack, service, 'mute');
    const caller = dice.pick(apis).service;
    return {
      did: `${service} answers nobody`,
      signal: {
        what: 'it accepts and stays silent',
        async shows() {
          if (database.health !== null)
            return (await askService(stack, service, database.health, 700)).status === 0;
          return (await askDatabase(port)) === null;
        },
      },
      // Whoever looks only at the process may call a database that answers nobody a hang.
      expected: {
        classes: database.health === null ? ['db_hung'] : ['db_hung', 'hang', 'deadlock'],
        targets: [service],
      },
      right: [reflex, act('service.restart'), act('process.signal')],
      cured: () => databaseAnswers(stack),
      async undo() {
        stack.tell(service, '');
        if (!(await databaseAnswers(stack))) await restartByHand(stack, service);
      },
      // A database that Fettle probes over HTTP is mended at once, also while the loop is paused.
      tempting:
        database.health === null
          ? { what: `restart ${caller}`, run: () => restartByHand(stack, caller) }
          : null,
    };
  },
};

/** As a command that takes for ever: Redis serves nobody else meanwhile. */
async function stallRedis(port: number, secret: string | null): Promise<void> {
  if (secret === null) throw new RangeError('no client of this Redis is known');
  const [user, word] = [basename(secret, '.txt'), readFileSync(secret, 'utf8').trim()];
  await askDatabase(port, `AUTH ${user} ${word}\r\nDEBUG SLEEP 900`);
}
