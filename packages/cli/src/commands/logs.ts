/** `fettle logs`: output of services, stitched over restarts and instances. */
import { Option, type Command } from 'commander';
import type { LogLevel, LogLine } from '@fettle/sdk/api/documents';
import type { LogsRequest } from '@fettle/sdk/client';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { countFlag, momentFlag } from '../flag-values.ts';
import { followLogs, readLogs } from '../follow-logs.ts';
import { reachStatus } from '../reach.ts';
import { jsonLine, renderLogLine, type LogTextOptions } from '../render/log-text.ts';
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
    const isFollowing = (input.options['follow'] ?? input.options['F']) === true;
    const print = await printerOf(session, { ...options, isFollowing });
    let count = 0;
    const onLines = (lines: readonly LogLine[]): Promise<void> => {
      count += lines.length;
      print.lines(lines);
      // A reader slower than us is waited for: nothing piles up here.
      return session.output.drained();
    };
    if (isFollowing) await followLogs(session, request, onLines);
    else await readLogs(session, request, onLines);
    print.end();
    if (count === 0 && !isFollowing) session.output.say('no lines match');
    return exitCodes.ok;
  },
};

type Printer = Readonly<{ lines(lines: readonly LogLine[]): void; end(): void }>;

/** One document is written piece by piece: it may be larger than memory. */
async function printerOf(
  session: Session,
  options: LogTextOptions & Readonly<{ isFollowing: boolean }>,
): Promise<Printer> {
  const { output, flags } = session;
  const each = (textOf: (line: LogLine) => string): Printer => ({
    lines: (lines) => output.print(lines.map(textOf).join('')),
    end: () => undefined,
  });
  if (flags.format === 'table' || flags.format === 'wide')
    return each((line) => renderLogLine(line, output.look, options));
  if (options.isFollowing || flags.format === 'ndjson') return each(jsonLine);
  let before = 0;
  if (flags.format === 'yaml') {
    const { stringify } = await import('yaml');
    return {
      lines: (lines) => output.print((before++ === 0 ? yamlHead : '') + stringify(lines)),
      end: () => (before === 0 ? output.print(`${yamlHead}  []\n`) : undefined),
    };
  }
  return {
    lines: (lines) =>
      output.print(lines.map((line) => jsonComma(before++) + JSON.stringify(line)).join('')),
    end: () => output.print(before === 0 ? `${jsonHead}]}\n` : '\n]}\n'),
  };
}

const yamlHead = 'schema: fettle.logs/v1\nlines:\n';
const jsonHead = '{"schema":"fettle.logs/v1","lines":[';

function jsonComma(before: number): string {
  return before === 0 ? `${jsonHead}\n` : ',\n';
}

function requestOf(session: Session, input: CommandInput): LogsRequest {
  const { options } = input;
  const since = momentFlag(options['since'], '--since', session.nowMs());
  const until = momentFlag(options['until'], '--until', session.nowMs());
  const asked = options['tail'] === 'all' ? 'all' : countFlag(options['tail'], '--tail');
  const tail = asked ?? (since === undefined ? defaultTail : undefined);
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
