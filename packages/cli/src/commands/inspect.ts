/** `fettle inspect SERVICE`: the debugger of a running Node service, without a restart. */
import type { Command } from 'commander';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { countFlag } from '../flag-values.ts';
import { closeDebugger, findNode, openDebugger } from '../node-debugger.ts';
import { reachStatus } from '../reach.ts';
import { requireServices } from '../service-names.ts';
import { commandLine, usageError, type Session } from '../session.ts';

const defaultPort = 9_229;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<service>', 'or its instance (api.2), @controller, @supervisor')
      .option(
        '--port <port>',
        `where the debugger listens, on 127.0.0.1; ${defaultPort} unless told`,
      )
      .option('--off', 'close the debugger again')
      .addHelpText(
        'after',
        '\nWho can reach the port can run code in the service. A service that stands at a\n' +
          'breakpoint answers no health check: fettle pause SERVICE keeps it from being mended.\n',
      );
  },
  async run(session, input) {
    const name = input.args[0] ?? '';
    const port = countFlag(input.options['port'], '--port') ?? defaultPort;
    if (port < 1 || port > 65_535) throw usageError(`${port} is no port`, 'as in --port 9231');
    const pid = findNode(await pidOf(session, name));
    if (pid === null) throw notNode(session, name);
    const off = input.options['off'] === true;
    const wasOpen = off ? await closeDebugger(pid) : true;
    const url = off ? null : await openDebugger(pid, port);
    const document = { schema: 'fettle.inspect/v1', service: name, pid, url };
    await emit(session, document, () => (url === null ? '' : `${url}\n`));
    if (off) session.output.say(wasOpen ? `the debugger of ${name} is closed` : 'it was not open');
    else session.output.say(`${commandLine(session, `inspect ${name} --off`)}      closes it`);
    return exitCodes.ok;
  },
};

async function pidOf(session: Session, name: string): Promise<number> {
  const status = await reachStatus(session);
  if (name === '@controller') return status.daemon.controllerPid;
  const { supervisorPid } = status.daemon;
  if (name === '@supervisor' && supervisorPid !== null) return supervisorPid;
  const instances = status.services.flatMap((service) => service.instances);
  const instance = instances.find((one) => one.name === name);
  if (instance === undefined)
    requireServices(
      [name],
      status.services.map((service) => service.name),
    );
  const pid = instance?.pid ?? status.services.find((one) => one.name === name)?.pid ?? null;
  if (pid !== null) return pid;
  throw new FettleError('E-INSPECT', `${name} does not run`, {
    hint: commandLine(session, `start ${name}`),
    status: 409,
    exitCode: 3,
  });
}

function notNode(session: Session, name: string): FettleError {
  return new FettleError('E-INSPECT', `${name} has no Node process that can be inspected`, {
    hint: `for Python attach debugpy to ${commandLine(session, `status ${name} -o pid`)}`,
    status: 409,
  });
}
