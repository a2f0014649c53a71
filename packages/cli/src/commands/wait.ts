/** `fettle wait` until services are in a state; `fettle is-ready` asks once. */
import type { Command } from 'commander';
import type { ServiceStatus, State } from '@fettle/sdk/api/status';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { durationFlag } from '../flag-values.ts';
import { pauseMs } from '../pause.ts';
import { reachStatus } from '../reach.ts';
import { pickServices } from '../service-names.ts';
import { commandLine, usageError, type Session } from '../session.ts';
import { isSettledBadly } from '../settled.ts';
import { fitCharset } from '../terminal/ascii.ts';
import { stateGlyph } from '../terminal/paint.ts';

const defaultWaitMs = 60_000;
const states: readonly State[] = [
  'starting',
  'ok',
  'degraded',
  'affected',
  'failing',
  'crash-loop',
  'healing',
  'stopped',
  'done',
  'unknown',
];

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[services...]', 'all of the stack unless named')
      .option('--state <state>', `one of ${states.join(', ')}; ok unless told`)
      .option('--timeout <duration>', 'how long to wait; 60s unless told, is-ready: not at all');
  },
  async run(session, input) {
    const state = stateFlag(input.options['state']);
    const once = input.verb === 'is-ready';
    const waitMs =
      durationFlag(input.options['timeout'], '--timeout') ?? (once ? 0 : defaultWaitMs);
    const outcome = await waitFor(session, { names: input.args, state, waitMs });
    const document = {
      schema: 'fettle.wait/v1',
      asked: state,
      reached: outcome.reached,
      services: outcome.services.map(({ name, state: now, why }) => ({ name, state: now, why })),
    };
    await emit(session, document, (look) =>
      outcome.services
        .map((service) => {
          const why = service.why === null ? '' : `  ${service.why}`;
          const line = `${stateGlyph(look, service.state)} ${service.name} ${service.state}${why}`;
          return `${fitCharset(line, look.unicode)}\n`;
        })
        .join(''),
    );
    if (outcome.reached) return exitCodes.ok;
    const off = outcome.services.find((service) => !isIn(service, state));
    if (off !== undefined) sayNext(session, [commandLine(session, `why ${off.name}`)]);
    return outcome.settled || once ? exitCodes.notAsAsked : exitCodes.progressing;
  },
};

type Wait = Readonly<{ names: readonly string[]; state: State; waitMs: number }>;

async function waitFor(
  session: Session,
  wait: Wait,
): Promise<Readonly<{ services: readonly ServiceStatus[]; reached: boolean; settled: boolean }>> {
  const endMs = performance.now() + wait.waitMs;
  for (;;) {
    const { services } = pickServices(await reachStatus(session), wait.names);
    const reached = services.every((service) => isIn(service, wait.state));
    const over = performance.now() >= endMs || session.interrupts.signal.aborted;
    if (reached || over) {
      // "Still making progress" is only true of what is not plainly failing.
      const settled = services.every(
        (service) => isIn(service, wait.state) || isSettledBadly(service, session.nowMs()),
      );
      return { services, reached, settled };
    }
    await pauseMs(100, session.interrupts.signal);
  }
}

/** A job that ended well is as ready as it will ever be. */
function isIn(service: ServiceStatus, state: State): boolean {
  return service.state === state || (state === 'ok' && service.state === 'done');
}

function stateFlag(value: unknown): State {
  if (value === undefined) return 'ok';
  const state = states.find((one) => one === value);
  if (state !== undefined) return state;
  throw usageError(`--state ${String(value)} is no state`, `one of: ${states.join(', ')}`);
}
