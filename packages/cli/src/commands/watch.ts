/** `fettle watch`: which files restart which service, and what their last change led to. */
import type { Command } from 'commander';
import type { WatchedRule } from '@fettle/sdk/api/documents';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { reach, reachStatus } from '../reach.ts';
import { requireServices } from '../service-names.ts';
import { shortPath } from '../terminal/error-text.ts';
import { renderTable } from '../terminal/table.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('[services...]', 'all of the stack unless named');
  },
  async run(session, { args }) {
    if (args.length > 0) {
      const { services } = await reachStatus(session);
      requireServices(
        args,
        services.map(({ name }) => name),
      );
    }
    const document = await reach(session, () => session.client.watches());
    const rules = document.rules.filter(
      ({ service }) => args.length === 0 || args.includes(service),
    );
    const { dir } = session.flags;
    await emit(session, { ...document, rules }, (look) =>
      rules.length === 0
        ? ''
        : renderTable(
            [
              { title: 'SERVICE' },
              { title: 'ACTION' },
              { title: 'FILES', align: 'right' },
              { title: 'PATHS', minColumns: 16 },
              { title: 'LAST CHANGE', minColumns: 20 },
            ],
            rules.map((rule) => [
              rule.service,
              rule.action,
              `${rule.files}${rule.cut ? '+' : ''}`,
              rule.paths.map((path) => shortPath(path, dir)).join(' '),
              lastOf(rule),
            ]),
            look,
          ),
    );
    if (rules.length === 0)
      session.output.say('nothing is watched: give a service "watch: true" or "watch: src"');
    for (const { service, muted } of rules)
      if (muted.length > 0)
        session.output.say(
          `${service}: ${muted.map((path) => shortPath(path, dir)).join(', ')} does not count any more`,
        );
    return exitCodes.ok;
  },
};

function lastOf({ last }: WatchedRule): string {
  if (last === null) return '';
  const more = last.count > 1 ? ` and ${last.count - 1} more` : '';
  return `${last.files[0] ?? ''}${more} (${last.done}) ${last.at}`;
}
