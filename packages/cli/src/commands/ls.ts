/** `fettle ls`: stacks of this user whose daemon runs on this machine. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { createClient } from '@fettle/sdk/client';
import { unixSocketTransport } from '@fettle/sdk/transports/unix-socket';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { renderTable } from '../terminal/table.ts';

const eachMs = 2_000;

export const command: CommandModule = {
  define(_program: Command) {},
  async run(session) {
    const root = dirname(session.paths.runtimeDir);
    const sockets = listFolders(root).map((name) => join(root, name, 'controller.sock'));
    const answers = await Promise.all(sockets.map(statusOf));
    const stacks = answers
      .filter((status) => status !== null)
      .map(({ stack, dir, health, services, daemon }) => ({
        stack,
        dir,
        health,
        services: services.length,
        url: daemon.url,
      }));
    await emit(session, { schema: 'fettle.stacks/v1', stacks }, (look) =>
      renderTable(
        [
          { title: 'STACK' },
          { title: 'HEALTH' },
          { title: 'SERVICES', align: 'right' },
          { title: 'URL', drop: 1 },
          { title: 'FOLDER', minColumns: 16 },
        ],
        stacks.map((one) => [one.stack, one.health, String(one.services), one.url, one.dir]),
        look,
      ),
    );
    if (stacks.length === 0) session.output.say('no stack of yours runs here');
    return exitCodes.ok;
  },
};

/** null: its daemon is gone, or too busy to count. */
async function statusOf(socket: string): Promise<StatusDocument | null> {
  try {
    return await createClient(unixSocketTransport(socket), { timeoutMs: eachMs }).status();
  } catch {
    return null;
  }
}

function listFolders(root: string): readonly string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}
