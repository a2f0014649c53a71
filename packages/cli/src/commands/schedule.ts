/** `fettle schedule`: what runs by the clock, when next, how the last run went; and run it now. */
import { cronOf } from '@fettle/core/supervise/due-runs';
import { occurrencesAfter } from '@fettle/core/stack/occurrences';
import type { Schedule } from '@fettle/core/stack/schedule';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { countFlag } from '../flag-values.ts';
import { reach } from '../reach.ts';
import { renderSchedules, renderTimes } from '../render/schedule-text.ts';
import { serviceVerb } from '../service-verb.ts';
import { commandLine, usageError, type Session } from '../session.ts';
import { loadConfig } from '../up/load-config.ts';

const start = serviceVerb('start');
const words = ['list', 'next', 'run'] as const;

export const command: CommandModule = {
  define(program: Command) {
    program
      .usage('[flags] [list | next <service> | run <service>]')
      .argument('[words...]', words.join(', '))
      .option('-n, --count <number>', 'next: so many times; 5 unless told')
      .option('--wait-timeout <duration>', 'run: how long to watch; 30s unless told')
      .option('--no-wait', 'run: return once the daemon took the command');
  },
  async run(session, input) {
    const [word = 'list', ...services] = input.args;
    const [service] = services;
    if (word === 'list' && service === undefined) return list(session);
    if (word === 'next' && service !== undefined)
      return next(session, service, countFlag(input.options['count'], '--count') ?? 5);
    if (word === 'run' && service !== undefined)
      return start.run(session, { ...input, args: services });
    throw usageError(
      words.some((known) => known === word)
        ? `schedule ${word} needs the name of a service`
        : `schedule ${word} is not a command`,
      'fettle schedule list',
    );
  },
};

async function list(session: Session): Promise<number> {
  const status = await reach(session, () => session.client.status());
  const schedules = status.services.flatMap(rowOf);
  const document = { schema: 'fettle.schedules/v1', at: status.at, schedules };
  await emit(session, document, (look) => renderSchedules(schedules, look, Date.now()));
  const first = schedules[0]?.service;
  if (first !== undefined)
    sayNext(session, [
      commandLine(session, `schedule next ${first}`),
      commandLine(session, `logs ${first}`),
    ]);
  return exitCodes.ok;
}

function rowOf({ name, state, schedule }: ServiceStatus) {
  return schedule === null || schedule === undefined ? [] : [{ service: name, state, ...schedule }];
}

/** From the config: no daemon is needed to know the clock. */
async function next(session: Session, name: string, count: number): Promise<number> {
  const schedule = scheduleOf(session, name);
  const times = occurrencesAfter(cronOf(schedule), schedule.timezone, Date.now(), count);
  const { cron, timezone } = schedule;
  const at = times.map((ms) => new Date(ms).toISOString());
  const document = { schema: 'fettle.schedule-next/v1', service: name, cron, timezone, at };
  await emit(session, document, () => renderTimes(times, timezone));
  return exitCodes.ok;
}

function scheduleOf(session: Session, name: string): Schedule {
  const scheduled = loadConfig(session).services.filter(
    (service) => service.schedule !== undefined,
  );
  const found = scheduled.find((service) => service.name === name)?.schedule;
  if (found !== undefined) return found;
  const known = scheduled.map((service) => service.name).join(', ');
  throw usageError(
    `${name} is not run by a schedule`,
    known === '' ? 'no service of this stack has one' : `fettle schedule next ${known}`,
  );
}
