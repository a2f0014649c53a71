/** `fettle status` (`ps`): what runs, in which state, and why anything is not ok. */
import type { Command } from 'commander';
import type { State, StatusDocument } from '@fettle/sdk/api/status';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { watchInterval } from '../flag-values.ts';
import { reachStatus } from '../reach.ts';
import { renderStatus } from '../render/status-text.ts';
import { commandLine, isJson, type Session } from '../session.ts';
import { pickServices } from '../service-names.ts';
import { pauseMs } from '../pause.ts';

const fine = new Set<State>(['ok', 'done', 'stopped', 'degraded']);

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[services...]', 'only these')
      .option('-w, --watch [interval]', 'again and again; 2s unless told')
      .option('--exit-code', 'exit 3 unless every service is ok, degraded, done or stopped');
  },
  async run(session, input) {
    const everyMs = watchInterval(input.options['watch']);
    if (everyMs !== null) return watch(session, input, everyMs);
    const document = pickServices(await reachStatus(session), input.args);
    await show(session, document);
    sayNext(session, nextCommands(session, document));
    return codeOf(document, input.options['exitCode'] === true);
  },
};

async function show(session: Session, document: StatusDocument): Promise<void> {
  await emit(session, document, (look, format) =>
    format === 'pid'
      ? pidsOf(document)
      : renderStatus(document, look, {
          nowMs: session.nowMs(),
          wide: format === 'wide',
          applyCommand: commandLine(session, 'up -d'),
        }),
  );
}

async function watch(session: Session, input: CommandInput, everyMs: number): Promise<number> {
  const { look } = session.output;
  const redraw = look.tty && !isJson(session);
  let code: number = exitCodes.ok;
  while (!session.interrupts.signal.aborted) {
    try {
      const document = pickServices(await reachStatus(session), input.args);
      if (redraw) session.output.print('\x1b[H\x1b[2J');
      await show(session, document);
      code = codeOf(document, input.options['exitCode'] === true);
    } catch (cause) {
      if (!(cause instanceof FettleError) || cause.exitCode !== exitCodes.unreachable) throw cause;
      session.output.say(`${cause.message}; asking again`);
    }
    await pauseMs(everyMs, session.interrupts.signal);
  }
  return code;
}

function codeOf(document: StatusDocument, asked: boolean): number {
  if (!asked || document.services.every(({ state }) => fine.has(state))) return exitCodes.ok;
  return exitCodes.notAsAsked;
}

/** For `kill -9 $(fettle status web -o pid)`: of each running instance, a line each. */
function pidsOf({ services }: StatusDocument): string {
  const pids = services.flatMap(({ instances }) => instances.map(({ pid }) => pid));
  return pids
    .filter((pid) => pid !== null)
    .map((pid) => `${pid}\n`)
    .join('');
}

function nextCommands(session: Session, document: StatusDocument): string[] {
  const bad = document.services.find(({ state }) => !fine.has(state) && state !== 'starting');
  if (bad === undefined) return [commandLine(session, 'logs -f'), commandLine(session, 'open')];
  return [
    commandLine(session, `why ${bad.name}`),
    commandLine(session, `logs ${bad.name} --since 10m`),
  ];
}
