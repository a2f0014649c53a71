/**
 * `fettle __unit start|stop`: what the installed unit calls. Nobody types it.
 *
 * `start` becomes the supervisor, so that systemd watches the right process. Where a daemon was
 * started by hand it is told to leave: services run on, and this one adopts them.
 */
import type { Command } from 'commander';
import { recordedPids } from '@fettle/sdk/daemon/birth-record';
import { ConfigProblems } from '@fettle/config/problem/problem';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { bringDown } from '../bring-down.ts';
import { connectDaemon, supervisorCommand } from '../daemon.ts';
import { durationFlag } from '../flag-values.ts';
import { systemctl, type Scope } from '../install/installed-unit.ts';
import { processLives } from '../process-lives.ts';
import { usageError, type Session } from '../session.ts';
import { seedStack } from '../up/apply.ts';
import { loadConfig } from '../up/load-config.ts';
import { writeStateFolder } from '../up/state-folder.ts';
import { endSupervisor, endOldController } from '../versions/end-daemon.ts';
import { ownRoot } from '../own-program.ts';

const defaultWaitMs = 120_000;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<act>', 'start or stop')
      .argument('[pid]', 'stop: of the supervisor; none when it has ended')
      .option('--unit <name>', 'as systemd knows it')
      .option('--scope <scope>', 'user or system')
      .option('--timeout <duration>', 'how long a stop may take');
  },
  async run(session, input) {
    if (input.args[0] === 'start') return start(session);
    if (input.args[0] === 'stop') return stop(session, input);
    throw usageError('__unit start or __unit stop', 'fettle install      writes what calls it');
  },
};

async function start(session: Session): Promise<number> {
  await endSupervisor(session);
  await endOldController(session, ownRoot);
  const { paths } = session;
  // What lives is adopted as it is; an edit waits for `fettle up` or a reload of the unit.
  if (!recordedPids(paths.runsDir).some(processLives)) await seed(session);
  const [program, ...words] = supervisorCommand(paths, ownRoot);
  process.chdir(paths.stackDir);
  process.execve?.(program, [program, ...words], definedOnly(session.env));
  throw usageError('this Node cannot become another program', 'Node 24 or newer is needed');
}

/** A config that cannot be read leaves the stack as it was applied last: better than none. */
async function seed(session: Session): Promise<void> {
  try {
    const stack = loadConfig(session);
    await writeStateFolder(session);
    seedStack(session, stack);
  } catch (cause) {
    if (!(cause instanceof ConfigProblems)) throw cause;
    const { tellProblems } = await import('../up/load-config.ts');
    tellProblems(session.output, cause.problems);
    session.output.complain('the stack starts as it was applied last\n');
  }
}

async function stop(session: Session, { args, options }: CommandInput): Promise<number> {
  const pid = Number(args[1] ?? 0);
  // It ended by itself, or was killed: services wait for the next one.
  if (!Number.isInteger(pid) || pid <= 0 || !processLives(pid)) return exitCodes.ok;
  const unit = String(options['unit'] ?? '');
  if (isRestart(session, options['scope'] === 'user' ? 'user' : 'system', unit)) {
    session.output.say('a restart of the unit: services run on for the next supervisor');
    return exitCodes.ok;
  }
  const waitMs = durationFlag(options['timeout'], '--timeout') ?? defaultWaitMs;
  const outcome = await bringDown(session, { client: await connectDaemon(session), waitMs });
  return outcome === 'gone' ? exitCodes.ok : exitCodes.progressing;
}

/** systemd runs ExecStop for both; its job says which it is. */
function isRestart(session: Session, scope: Scope, unit: string): boolean {
  const told = systemctl(session, scope, ['list-jobs', '--no-legend', '--plain', '--full']);
  const rows = told.text.split('\n').map((row) => row.trim().split(/\s+/));
  return told.ok && rows.some(([, name, kind]) => name === unit && kind === 'restart');
}

function definedOnly(env: Session['env']): Record<string, string> {
  const entries = Object.entries(env).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}
