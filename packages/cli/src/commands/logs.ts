/** `fettle logs`: output of services, stitched over restarts and instances. */
import { Option, type Command } from 'commander';
import type { LogLevel, LogLine } from '@fettle/sdk/api/documents';
import type { LogsRequest } from '@fettle/sdk/client';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { countFlag, momentFlag } from '../flag-values.ts';
import { followLogs } from '../follow-logs.ts';
import { emit } from '../emit.ts';
import { reach, reachStatus } from '../reach.ts';
import { renderLogLine } from '../render/log-text.ts';
import { pickServices } from '../service-names.ts';
import { usageError, type Session } from '../session.ts';

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const defaultTail = 200;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[services...]', 'all of the stack unless named')
      .addOption(new Option('-F').hideHelp())
      .option('-f, --follow', 'then new lines as they come')
      .option('-n, --tail <lines>', `last lines per service; ${defaultTail} unless told, or all`)
      .option('--since <time>', 'from 10m ago, 12:04 or RFC 3339 on')
      .option('--until <time>', 'up to then')
      .option('--grep <text>', 'lines with this text, or /regular expression/')
      .option('--level <level>', 'this level and worse: trace debug info warn error fatal')
      .option('-t, --timestamps', 'the time before each line');
  },
  async run(session, input) {
    const request = requestOf(session, input);
    const status = pickServices(await reachStatus(session), input.args);
    const names = status.services.flatMap((service) =>
      service.instances.map((instance) => instance.name),
    );
    const one = status.services.length === 1 && names.length <= 1;
    const options = {
      nameColumns: one ? 0 : Math.max(0, ...names.map((name) => name.length)),
      times: input.options['timestamps'] === true,
    };
    if ((input.options['follow'] ?? input.options['F']) === true)
      return follow(session, request, options);
    const document = await reach(session, () => session.client.logs(request));
    if (session.flags.format === 'table' || session.flags.format === 'wide') {
      for (const line of document.lines)
        session.output.print(renderLogLine(line, session.output.look, options));
    } else if (session.flags.format === 'ndjson') printLines(session, document.lines);
    else await emit(session, document, () => '');
    if (document.lines.length === 0) session.output.say('no lines match');
    return exitCodes.ok;
  },
};

async function follow(
  session: Session,
  request: LogsRequest,
  options: Readonly<{ nameColumns: number; times: boolean }>,
): Promise<number> {
  const asJson = session.flags.format !== 'table' && session.flags.format !== 'wide';
  await followLogs(session, request, (line) => {
    if (asJson) printLines(session, [line]);
    else session.output.print(renderLogLine(line, session.output.look, options));
  });
  return exitCodes.ok;
}

function printLines(session: Session, lines: readonly LogLine[]): void {
  for (const line of lines)
    session.output.print(`${JSON.stringify({ schema: 'fettle.log-line/v1', ...line })}\n`);
}

function requestOf(session: Session, input: CommandInput): LogsRequest {
  const { options } = input;
  const since = momentFlag(options['since'], '--since', session.nowMs());
  const until = momentFlag(options['until'], '--until', session.nowMs());
  const asked = options['tail'] === 'all' ? undefined : countFlag(options['tail'], '--tail');
  const unbounded = options['tail'] === 'all' || since !== undefined;
  const tail = asked ?? (unbounded ? undefined : defaultTail);
  const level = levels.find((one) => one === options['level']);
  if (options['level'] !== undefined && level === undefined)
    throw usageError(
      `--level ${String(options['level'])} is no level`,
      `one of: ${levels.join(', ')}`,
    );
  return {
    services: input.args,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(tail === undefined ? {} : { tail }),
    ...(options['grep'] === undefined ? {} : { grep: String(options['grep']) }),
    ...(level === undefined ? {} : { level }),
  };
}
