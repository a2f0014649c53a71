/** The last lines of each instance: of the run that lives, else of the one that ended last. */
import type { EvidenceKind } from './evidence-kind.ts';

const lines = 500;

export const logs: EvidenceKind = {
  what: 'logs',
  async gather({ views, logs }) {
    const parts = views.map(async ({ instance, token, lastToken }) => {
      const run = token ?? lastToken;
      if (run === null) return `== ${instance}: never ran\n`;
      const tail = await logs.tail(instance, run, lines);
      return [`== ${instance}, run ${run}, last ${tail.length} lines`, ...tail, ''].join('\n');
    });
    return (await Promise.all(parts)).join('\n');
  },
};
