/** `fettle scale worker=3`: how many instances shall run. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CommandDocument } from '@fettle/sdk/api/documents';
import type { InstanceStatus, StatusDocument } from '@fettle/sdk/api/status';
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
    const outcome = await watchCounts(session, wanted, waitMs);
    await emit(session, document, () => '');
    for (const { name, ready, count, why } of outcome.counts) {
      const missing = ready === count ? '' : `, ${ready} ready${why === null ? '' : `: ${why}`}`;
      session.output.say(`${name} ×${count}${missing}`);
    }
    const short = outcome.counts.find(({ ready, count }) => ready < count);
    const next = short === undefined ? 'status -o wide' : `why ${short.name}`;
    sayNext(session, [commandLine(session, next)]);
    return outcome.code;
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

type Counted = Wanted &
  Readonly<{ ready: number; leaving: number; bad: boolean; why: string | null }>;
type Outcome = Readonly<{ counts: readonly Counted[]; code: number }>;

/** Until as many as were asked for are ready and the others gone, or one plainly is not going to be. */
async function watchCounts(
  session: Session,
  wanted: readonly Wanted[],
  waitMs: number,
): Promise<Outcome> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    const status = await reachStatus(session);
    const counts = wanted.map((one) => countNow(one, status, session.nowMs()));
    if (counts.every(({ ready, count, leaving }) => ready === count && leaving === 0))
      return { counts, code: exitCodes.ok };
    if (counts.some(({ bad }) => bad)) return { counts, code: exitCodes.failed };
    if (performance.now() > endMs || session.interrupts.signal.aborted)
      return { counts, code: exitCodes.progressing };
    await pauseMs(100, session.interrupts.signal);
  }
}

function countNow(one: Wanted, { services }: StatusDocument, nowMs: number): Counted {
  const service = services.find(({ name }) => name === one.name);
  const kept = service?.instances.filter(({ replica }) => replica <= one.count) ?? [];
  const leaving = service?.instances.filter(({ replica }) => replica > one.count) ?? [];
  return {
    ...one,
    ready: kept.filter(({ ready, pid }) => ready && pid !== null).length,
    leaving: leaving.filter(({ pid }) => pid !== null).length,
    bad: service !== undefined && kept.some((instance) => isLost(instance, nowMs)),
    why: service?.why ?? null,
  };
}

const lostMs = 1_500;

/** Failing for as long as people should hear of it; the others may be fine. */
function isLost({ state, since }: InstanceStatus, nowMs: number): boolean {
  if (state === 'crash-loop') return true;
  return state === 'failing' && nowMs - Date.parse(since) >= lostMs;
}
