/** `fettle open [SERVICE]`: the dashboard in a browser; its URL where there is none. */
import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { reachStatus } from '../reach.ts';
import { requireServices } from '../service-names.ts';
import type { Session } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('[service]', 'its page');
    program.option('--print', 'only print the URL');
  },
  async run(session, input) {
    const status = await reachStatus(session);
    const [name] = input.args;
    if (name !== undefined)
      requireServices(
        [name],
        status.services.map((service) => service.name),
      );
    const base = status.daemon.url.replace(/\/$/, '');
    const url = name === undefined ? `${base}/` : `${base}/s/${encodeURIComponent(name)}`;
    const opened = input.options['print'] !== true && hasScreen(session) && (await launch(url));
    await emit(session, { schema: 'fettle.open/v1', url, opened }, () => `${url}\n`);
    return exitCodes.ok;
  },
};

/** A browser needs a person and a display; elsewhere the URL is the answer. */
function hasScreen(session: Session): boolean {
  if (!session.output.look.tty) return false;
  if (process.platform === 'darwin') return true;
  return (session.env['DISPLAY'] ?? session.env['WAYLAND_DISPLAY'] ?? '') !== '';
}

function launch(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [url], { detached: true, stdio: 'ignore' });
  child.once('error', () => resolve(false));
  child.once('spawn', () => {
    child.unref();
    resolve(true);
  });
  return promise;
}
