/** `fettle graph`: who needs whom, as a tree, for Mermaid, for Graphviz or as JSON. */
import type { Command } from 'commander';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit, requireFormat } from '../emit.ts';
import { daemonLives } from '../reach.ts';
import { graphOf } from '../graph/graph-document.ts';
import { renderDot, renderMermaid, renderTree } from '../graph/graph-text.ts';
import type { Session } from '../session.ts';
import { loadConfig } from '../up/load-config.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.option('--profile <name>', 'services of this profile, too');
    program.addHelpText(
      'after',
      '\nFormats: -o table (a tree), mermaid, dot, json, yaml. Works without a daemon; with one\n' +
        'each service shows its state.\n\n  fettle graph -o dot | dot -Tsvg > stack.svg\n',
    );
  },
  async run(session, input) {
    requireFormat(session, ['table', 'wide', 'json', 'yaml', 'mermaid', 'dot']);
    const profile = input.options['profile'];
    const stack = loadConfig(session, typeof profile === 'string' ? [profile] : []);
    const document = graphOf(stack, await states(session));
    await emit(session, document, (look, format) => {
      if (format === 'mermaid') return renderMermaid(document);
      if (format === 'dot') return renderDot(document);
      return renderTree(document, look);
    });
    return exitCodes.ok;
  },
};

/** null: nobody can tell, and the graph is worth having all the same. */
async function states(session: Session): Promise<StatusDocument | null> {
  if (!daemonLives(session)) return null;
  try {
    return await session.client.status();
  } catch (cause) {
    if (cause instanceof FettleError) return null;
    throw cause;
  }
}
