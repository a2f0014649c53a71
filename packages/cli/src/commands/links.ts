/** `fettle links`: tries every declared dependency end to end, now. */
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { reach } from '../reach.ts';
import { renderLinks } from '../render/links-text.ts';
import { commandLine } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.option('--exit-code', 'exit 3 unless every required link is connected');
  },
  async run(session, input) {
    const document = await reach(session, () => session.client.links());
    await emit(session, document, (look) => renderLinks(document, look));
    const broken = document.links.find((link) => !link.ok && link.required);
    if (broken !== undefined) sayNext(session, [commandLine(session, `why ${broken.to}`)]);
    const asked = input.options['exitCode'] === true;
    return asked && broken !== undefined ? exitCodes.notAsAsked : exitCodes.ok;
  },
};
