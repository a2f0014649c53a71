/** `fettle version`: of the CLI, of Node, of the running daemon. */
import type { Command } from 'commander';
import { readOwnDaemonFile } from '@fettle/sdk/daemon/paths';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { daemonLives } from '../reach.ts';
import { cliVersion } from '../version.ts';

export const command: CommandModule = {
  define(_program: Command) {},
  async run(session) {
    const daemon = daemonLives(session) ? readOwnDaemonFile(session.paths) : null;
    const document = {
      schema: 'fettle.version/v1',
      cli: cliVersion,
      node: process.versions.node,
      daemon: daemon?.version ?? null,
    };
    await emit(
      session,
      document,
      () =>
        `fettle ${cliVersion} (Node ${process.versions.node})\n` +
        (daemon === null ? '' : `daemon ${daemon.version}\n`),
    );
    if (daemon !== null && daemon.version !== cliVersion)
      session.output.say('the daemon is of another version: fettle down, then fettle up -d');
    return exitCodes.ok;
  },
};
