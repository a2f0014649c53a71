/** The database was stopped behind Fettle's back, in good order, and nobody starts it again. */
import { act, reflex, type Fault } from '../fault.ts';
import { askDatabase, databaseAnswers, killBehind, restartByHand } from '../hands.ts';

export const dbDown: Fault = {
  name: 'db_down',
  family: 'dependency',
  unfit: () => null,
  async inject(stack, dice) {
    const { database, apis } = stack.parts;
    const caller = dice.pick(apis).service;
    await killBehind(stack, database.service, 'SIGTERM');
    return {
      did: `${database.service} was asked to end`,
      signal: {
        what: `port ${database.port} refuses`,
        shows: async () => (await askDatabase(database.port)) === 'ECONNREFUSED',
      },
      expected: { classes: ['db_down'], targets: [database.service] },
      right: [act('service.start'), act('service.restart'), reflex],
      cured: () => databaseAnswers(stack),
      async undo() {
        if (!(await databaseAnswers(stack))) await stack.fettle('start', database.service);
      },
      tempting: { what: `restart ${caller}`, run: () => restartByHand(stack, caller) },
    };
  },
};
