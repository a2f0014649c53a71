/** `fettle scale worker=3`: how many instances shall run. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CommandDocument } from '@fettle/sdk/api/documents';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { durationFlag } from '../flag-values.ts';
import { pauseMs } from '../pause.ts';
import { reach, reachStatus } from '../reach.ts';
import { requireServices } from '../service-names.ts';
import { commandLine, usageError, type Session } from '../session.ts';

const defaultWaitMs = 30_000;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<service=count...>', 'as in worker=3; also: worker 3')
      .option('--wait-timeout <duration>', 'how long to watch; 30s unless told');
  },
  async run(session, input) {
    const wanted = parseScale(input.args);
    const status = await reachStatus(session);
    const names = wanted.map(({ name }) => name);
    requireServices(
      names,
      status.services.map(({ name }) => name),
    );
    for (const { name, count } of wanted) {
      const key = randomUUID();
      await reach(session, () => session.client.scale(name, count, key));
    }
    const document: CommandDocument = {
      schema: 'fettle.command/v1',
      command: 'scale',
      services: names,
      accepted: true,
    };
    const waitMs = durationFlag(input.options['waitTimeout'], '--wait-timeout') ?? defaultWaitMs;
    const done = await watchCounts(session, wanted, waitMs);
    await emit(session, document, () => '');
    for (const { name, count } of wanted) session.output.say(`${name} ×${count}`);
    sayNext(session, [commandLine(session, 'status -o wide')]);
    return done ? exitCodes.ok : exitCodes.progressing;
  },
};

type Wanted = Readonly<{ name: string; count: number }>;

/** `a=2 b=3`, or the two words `a 2`. */
export function parseScale(words: readonly string[]): Wanted[] {
  const [first, second] = words;
  const pairs =
    words.length === 2 && first?.includes('=') === false ? [`${first}=${second ?? ''}`] : words;
  return pairs.map((pair) => {
    const match = /^([^=]+)=(\d{1,4})$/.exec(pair);
    if (match !== null) return { name: match[1] ?? '', count: Number(match[2]) };
    throw usageError(`${pair} is no service with a count`, 'as in: fettle scale worker=3');
  });
}

/** Running instances, those on their way down not counted. */
async function watchCounts(
  session: Session,
  wanted: readonly Wanted[],
  waitMs: number,
): Promise<boolean> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    const status = await reachStatus(session);
    const done = wanted.every(({ name, count }) => {
      const service = status.services.find((one) => one.name === name);
      const up = service?.instances.filter(({ state }) => state === 'ok' || state === 'degraded');
      const gone = service?.instances.filter(({ pid, replica }) => replica > count && pid !== null);
      return up !== undefined && up.length >= count && gone?.length === 0;
    });
    if (done) return true;
    if (performance.now() > endMs || session.interrupts.signal.aborted) return false;
    await pauseMs(100, session.interrupts.signal);
  }
}
