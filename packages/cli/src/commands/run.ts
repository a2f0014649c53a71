/**
 * `fettle run SERVICE [-- COMMAND]`: a command once, in the place of a service: its folder, its
 * variables, its dependencies brought up. It is ours while it runs, not the daemon's: nothing
 * restarts it, and its exit code is ours.
 */
import type { Command } from 'commander';
import { redactArguments } from '@fettle/config/redact';
import { oneOffEnvironment } from '@fettle/core/supervise/one-off';
import type { Service, Stack } from '@fettle/core/stack/service';
import { giveFiles } from '@fettle/sdk/daemon/give-files';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { CommandInput, CommandModule } from '../command.ts';
import { durationFlag } from '../flag-values.ts';
import { lookAtStack, readyDependencies } from '../one-off/dependencies.ts';
import { commandWords, runForeground, terminalVariables } from '../one-off/foreground.ts';
import { claimFreePort } from '../one-off/free-port.ts';
import { requireServices } from '../service-names.ts';
import { commandLine, isJson, usageError, type Session } from '../session.ts';
import { loadConfig } from '../up/load-config.ts';

const defaultWaitMs = 60_000;
/** As the supervisor keeps them from services. */
const ours = /^(FETTLE_|npm_|NODE_CHANNEL_|OLDPWD$|SHLVL$|_$|INIT_CWD$)/;
const gather = (value: string, values: readonly string[]): readonly string[] => [...values, value];

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<service>', 'in whose place')
      .argument('[command...]', 'the service’s own command unless told; flags before it are ours')
      .usage('[flags] SERVICE [-- COMMAND…]')
      .passThroughOptions()
      .option('--no-deps', 'start nothing that it depends on')
      .option('-e, --env <name=value>', 'one more variable; may be repeated', gather, [])
      .option('--profile <name>', 'services of this profile, too; may be repeated', gather, [])
      .option('--wait-timeout <duration>', 'how long to wait for dependencies; 60s unless told');
  },
  run,
};

async function run(session: Session, input: CommandInput): Promise<number> {
  const { options, args } = input;
  const [name = '', ...words] = args;
  const extra = variablesOf(options['env'] as readonly string[]);
  const stack = loadConfig(session, options['profile'] as readonly string[], true);
  const service = serviceNamed(session, stack, name);
  const given = commandWords(words);
  const waitMs = durationFlag(options['waitTimeout'], '--wait-timeout') ?? defaultWaitMs;
  const needs = { stack, service, waitMs };
  const goesWithout = options['deps'] === false || service.dependsOn.length === 0;
  const ready = goesWithout ? null : await readyDependencies(session, needs);
  const snapshot = ready?.snapshot ?? (await lookAtStack(session));
  const missing = giveFiles(service.given ?? []);
  if (missing !== null)
    throw new FettleError('E-GIVEN', missing, { hint: 'Make room, or give it another `path`.' });
  const own = service.port === null ? null : await claimFreePort(service.port.host);
  const place = own === null ? null : { host: service.port?.host ?? '', port: own.port };
  const oneOff = { definition: service, instance: `${name}.run`, place, stackName: stack.name };
  const argv = given.length > 0 ? given : service.command;
  const end = await runForeground(session, {
    command: argv,
    workingDir: service.workingDir,
    environment: {
      ...callersVariables(session),
      ...oneOffEnvironment(oneOff, snapshot),
      ...terminalVariables(session.env),
      PWD: service.workingDir,
      ...extra,
    },
  });
  own?.release();
  if (isJson(session))
    session.output.json({
      schema: 'fettle.run/v1',
      service: name,
      command: redactArguments(argv),
      ...end,
      dependencies: ready?.dependencies ?? [],
    });
  if (ready?.startedDaemon === true)
    session.output.say(`what it needs runs on: ${commandLine(session, 'down')} stops it`);
  return end.exitCode;
}

function serviceNamed(session: Session, stack: Stack, name: string): Service {
  requireServices(
    [name],
    stack.services.map((service) => service.name),
  );
  const service = stack.services.find((one) => one.name === name);
  if (service?.container !== undefined)
    throw new FettleError('E-RUN-CONTAINER', `${name} is a container: run starts processes only`, {
      hint: `${commandLine(session, `exec ${name} -- COMMAND`)}      runs it in the one that is there`,
      exitCode: 2,
    });
  if (service !== undefined && !service.external) return service;
  throw new FettleError(
    'E-RUN-EXTERNAL',
    `${name} runs elsewhere: it has no place here to run in`,
    {
      hint: `Name a service with a command: ${commandLine(session, 'config show')} lists them.`,
      exitCode: 2,
    },
  );
}

function callersVariables(session: Session): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(session.env))
    if (value !== undefined && !ours.test(name)) found[name] = value;
  return found;
}

function variablesOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw usageError(`-e ${pair} sets no variable`, 'as in -e LOG_LEVEL=debug');
    }),
  );
}
