/**
 * `fettle exec SERVICE -- COMMAND`: a command beside a running instance: with the environment that
 * its process was started with, in its folder and in its namespaces. It carries the instance's run
 * token: whatever of it is still there when the instance ends, ends with it.
 */
import type { Command } from 'commander';
import { redactArguments } from '@fettle/config/redact';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Snapshot } from '@fettle/core/supervise/protocol';
import { foreignNamespaces } from '@fettle/proc/namespaces';
import { readEnvironment, readWorkingDir } from '@fettle/proc/process-command';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { lookAtStack } from '../one-off/dependencies.ts';
import { commandWords, runForeground, terminalVariables } from '../one-off/foreground.ts';
import { notRunning } from '../reach.ts';
import { requireServices } from '../service-names.ts';
import { commandLine, isJson, usageError, type Session } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<service>', 'beside which; api.2 names its second instance')
      .argument('[command...]', 'what to run; flags before it are ours')
      .usage('[flags] SERVICE -- COMMAND…')
      .passThroughOptions();
  },
  run: exec,
};

async function exec(session: Session, { args }: CommandInput): Promise<number> {
  const [asked = '', ...words] = args;
  const argv = commandWords(words);
  if (argv.length === 0)
    throw usageError(
      'exec wants a command to run',
      `${commandLine(session, `exec ${asked} -- sh`)}      for a shell`,
    );
  const snapshot = await lookAtStack(session);
  if (snapshot === null) throw notRunning(session);
  const { instance, service, pid } = liveInstance(session, snapshot, asked);
  const environment = readEnvironment(pid);
  const namespaces = foreignNamespaces(pid);
  if (environment === null || namespaces === null) throw unreadable(instance, pid);
  const inside = namespaces.length > 0;
  const workingDir = readWorkingDir(pid) ?? '/';
  const end = await runForeground(session, {
    command: inside ? entering(pid, namespaces, argv) : argv,
    workingDir: inside ? '/' : workingDir,
    environment: { ...environment, ...terminalVariables(session.env) },
  });
  if (isJson(session))
    session.output.json({
      schema: 'fettle.exec/v1',
      service,
      instance,
      pid,
      command: redactArguments(argv),
      ...end,
    });
  return end.exitCode;
}

type Live = Readonly<{ instance: string; service: string; pid: number }>;

/** Of several instances the first that runs, unless one is named. */
function liveInstance(session: Session, { stack, instances }: Snapshot, asked: string): Live {
  const named = instances.filter(({ instance }) => instance === asked);
  if (named.length === 0) requireServices([asked], stack?.services.map(({ name }) => name) ?? []);
  const views = named.length > 0 ? named : instances.filter(({ service }) => service === asked);
  for (const { instance, service, pid } of views)
    if (pid !== null) return { instance, service, pid };
  throw notLive(session, asked, views);
}

function notLive(session: Session, asked: string, views: readonly InstanceView[]): FettleError {
  const service = views[0]?.service ?? asked;
  const states = [...new Set(views.map(({ state }) => state))].join(', ');
  const isExternal = views.some(({ state }) => state === 'external');
  const why = isExternal ? 'runs elsewhere' : `has no running instance (${states || 'none'})`;
  return new FettleError('E-EXEC-STOPPED', `${asked} ${why}`, {
    hint: isExternal
      ? 'Run the command where the service runs.'
      : `${commandLine(session, `start ${service}`)}, or ${commandLine(session, `run ${service} -- …`)}`,
    exitCode: exitCodes.notAsAsked,
  });
}

/** nsenter(1) goes where the process is, its folder included. */
function entering(
  pid: number,
  namespaces: readonly string[],
  argv: readonly string[],
): readonly string[] {
  const asUser = namespaces.includes('user') ? ['--preserve-credentials'] : [];
  const flags = namespaces.map((name) => `--${name}`);
  return ['nsenter', '--target', String(pid), ...flags, ...asUser, '--wd', '--', ...argv];
}

function unreadable(instance: string, pid: number): FettleError {
  return new FettleError(
    'E-EXEC-ACCESS',
    `the process of ${instance} (pid ${pid}) cannot be read`,
    {
      hint: 'Ask as the user that runs the service, or as root.',
      exitCode: exitCodes.unreachable,
    },
  );
}
