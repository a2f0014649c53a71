/** `fettle uninstall`: stops the stack and removes its unit. */
import { rmSync } from 'node:fs';
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { bringDown, isOrphaned } from '../bring-down.ts';
import { connectDaemon, lockHeld } from '../daemon.ts';
import { emit } from '../emit.ts';
import { forgetUnit, readUnit, run, systemctl } from '../install/installed-unit.ts';
import type { Session } from '../session.ts';

const waitMs = 120_000;

export const command: CommandModule = {
  define(program: Command) {
    program.option('--purge', 'remove the state folder too: logs, history, what was learnt');
  },
  async run(session, input) {
    const unit = readUnit(session.paths);
    const purge = input.options['purge'] === true;
    if (unit !== null && unit.manager === 'systemd') {
      systemctl(session, unit.scope, ['disable', unit.unit]);
      systemctl(session, unit.scope, ['stop', unit.unit]);
    } else if (unit !== null) run(session, 'launchctl', ['unload', '-w', unit.file]);
    await end(session);
    if (unit !== null) rmSync(unit.file, { force: true });
    if (unit?.manager === 'systemd') systemctl(session, unit.scope, ['daemon-reload']);
    forgetUnit(session.paths);
    if (purge) rmSync(session.paths.stateDir, { recursive: true, force: true });
    const document = { schema: 'fettle.uninstall/v1', unit: unit?.unit ?? null, purge };
    await emit(session, document, () => '');
    session.output.say(unit === null ? 'no unit was installed' : `${unit.unit} is removed`);
    return exitCodes.ok;
  },
};

async function end(session: Session): Promise<void> {
  const held = await lockHeld(session);
  if (!held && !isOrphaned(session)) return;
  await bringDown(session, { client: held ? await connectDaemon(session) : null, waitMs });
}
