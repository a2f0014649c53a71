/** `fettle ports`: who holds which port. `ports free PORT` says how to get one back, kills nothing. */
import type { Command } from 'commander';
import type { PortRow } from '@fettle/sdk/api/documents';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { ownerOfPort } from '@fettle/proc/port-owner';
import { describeOwner } from '../port-report.ts';
import { daemonLives, reach } from '../reach.ts';
import { renderPorts, renderPortsMarkdown } from '../render/ports-text.ts';
import { commandLine, usageError, type Session } from '../session.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .usage('[flags] [free <port>]')
      .argument('[words...]', 'free <port>: who holds it and what to do');
  },
  async run(session, input) {
    const [word, number] = input.args;
    if (word === 'free') return free(session, number);
    if (word !== undefined)
      throw usageError(`ports ${word} is not a command`, 'fettle ports free 8000');
    const document = await reach(session, () => session.client.ports());
    await emit(session, document, (look, format) =>
      format === 'markdown' ? renderPortsMarkdown(document) : renderPorts(document, look),
    );
    sayNext(session, [commandLine(session, 'ports -o markdown'), commandLine(session, 'links')]);
    return exitCodes.ok;
  },
};

async function free(session: Session, word: string | undefined): Promise<number> {
  const port = Number(word);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw usageError(`${word ?? 'nothing'} is no port`, 'as in: fettle ports free 8000');
  const ours = daemonLives(session) ? await rowOf(session, port) : null;
  const holder = ownerOfPort(port);
  const service = ours?.state === 'ours' ? ours.service : null;
  const { sentence, next } = describeOwner(session, { port, holder, service });
  const document = {
    schema: 'fettle.port-owner/v1',
    port,
    free: holder === null,
    service,
    pid: holder?.pid ?? null,
    command: holder?.command ?? null,
    next,
  };
  await emit(session, document, () => `${sentence}\n`);
  sayNext(session, next);
  return holder === null ? exitCodes.ok : exitCodes.notAsAsked;
}

async function rowOf(session: Session, port: number): Promise<PortRow | null> {
  try {
    const document = await session.client.ports();
    return document.ports.find((row) => row.port === port) ?? null;
  } catch (cause) {
    // The owner is known without the daemon, too; only the service's name is then missing.
    if (cause instanceof FettleError) return null;
    throw cause;
  }
}
