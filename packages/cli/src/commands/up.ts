/**
 * `fettle up`: checks the config, starts what should run, says how it goes. Without `-d` it then
 * follows the logs and Ctrl-C stops the stack.
 */
import type { Command } from 'commander';
import type { Stack } from '@fettle/core/stack/service';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { plural } from '../terminal/amount.ts';
import { emit } from '../emit.ts';
import { durationFlag } from '../flag-values.ts';
import { requireServices } from '../service-names.ts';
import type { Session } from '../session.ts';
import { shortPath } from '../terminal/error-text.ts';
import { paint } from '../terminal/paint.ts';
import { applyStack, sayChanges, type Applied } from '../up/apply.ts';
import { followAttached, stopAttached, tellDetached } from '../up/attached.ts';
import { requireEngine } from '../up/engine-check.ts';
import { exitCodeOf, sayClosing } from '../up/closing-words.ts';
import { loadConfig } from '../up/load-config.ts';
import { warnOfShortage } from '../up/pre-flight.ts';
import { writeStateFolder } from '../up/state-folder.ts';
import { watchUp, type UpOutcome } from '../up/watch-up.ts';
import { cliVersion } from '../version.ts';

/** `-d` without `--wait`: long enough for most stacks and for a first "why", short enough to sit through. */
const glanceMs = 5_000;
const defaultWaitMs = 60_000;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[services...]', 'only these and what they need')
      .option('-d, --detach', 'return once everything is started or settled')
      .option('--wait', 'until every service is ready')
      .option('--wait-timeout <duration>', 'how long --wait waits; 60s unless told')
      .option(
        '--profile <name>',
        'services of this profile, too; may be repeated',
        (name: string, names: readonly string[]) => [...names, name],
        [],
      );
  },
  run: up,
};

async function up(session: Session, input: CommandInput): Promise<number> {
  const startMs = performance.now();
  const { options, args } = input;
  const detached = options['detach'] === true;
  const waited = options['wait'] === true || options['waitTimeout'] !== undefined;
  const limit = durationFlag(options['waitTimeout'], '--wait-timeout');
  const stack = loadConfig(session, options['profile'] as readonly string[], true);
  const all = stack.services.map(({ name }) => name);
  requireServices(args, all);
  sayHead(session, stack);
  await requireEngine(session, stack, namesToWatch(stack, args));
  await warnOfShortage(session, stack);
  await writeStateFolder(session);
  const applied = await applyStack(session, stack, args);
  if (!detached) session.interrupts.onHangup = () => tellDetached(session);
  if (applied.adopted.length > 0)
    session.output.say(
      `  adopted ${plural(applied.adopted.length, 'process', 'processes')} that ran on`,
    );
  if (!applied.started || applied.adopted.length > 0) sayChanges(session, applied.changes);
  const names = namesToWatch(stack, args);
  const limitMs = limit ?? (waited || !detached ? defaultWaitMs : glanceMs);
  const patient = waited && limit !== null && limit > defaultWaitMs;
  const outcome = await watchUp(session, {
    names,
    startMs,
    limitMs,
    replaced: applied.replaced,
    patient,
  });
  applied.client.close();
  if (outcome.kind === 'interrupted') return interrupted(session, detached);
  sayClosing(session, outcome);
  if (!detached) return stayAttached(session, outcome);
  await emit(session, documentOf(outcome, applied), () => '');
  return exitCodeOf(outcome, waited);
}

function sayHead(session: Session, stack: Stack): void {
  const { output, flags } = session;
  const files = stack.files.map((file) => shortPath(file, flags.dir)).join(' + ');
  const count = plural(stack.services.length, 'service');
  output.say(
    `fettle ${cliVersion} · ${paint(output.talkLook, 'bold', stack.name)} · ${files} (${count})`,
  );
}

/** Named services and all they need; optional dependencies too, as they are started as well. */
function namesToWatch(stack: Stack, named: readonly string[]): readonly string[] {
  const all = stack.services.map(({ name }) => name);
  if (named.length === 0) return all;
  const wanted = new Set<string>(named);
  for (const name of wanted)
    for (const need of stack.services.find((one) => one.name === name)?.dependsOn ?? [])
      wanted.add(need.service);
  return all.filter((name) => wanted.has(name));
}

async function interrupted(session: Session, detached: boolean): Promise<number> {
  if (detached) {
    session.output.say('left running; fettle status shows how it goes on');
    return session.interrupts.exitCode;
  }
  await stopAttached(session);
  return session.interrupts.exitCode;
}

async function stayAttached(session: Session, outcome: UpOutcome): Promise<number> {
  session.output.say('following the logs; Ctrl-C stops the stack');
  await followAttached(session, outcome);
  if (!session.interrupts.signal.aborted) return exitCodes.ok;
  await stopAttached(session);
  return session.interrupts.exitCode;
}

function documentOf(outcome: UpOutcome, applied: Applied): unknown {
  return {
    schema: 'fettle.up/v1',
    stack: outcome.status.stack,
    outcome: outcome.kind,
    startedDaemon: applied.started,
    url: outcome.status.daemon.url,
    seconds: Number((outcome.elapsedMs / 1_000).toFixed(3)),
    changes: applied.changes,
    services: outcome.services.map(({ name, state, pid, port, why }) => ({
      name,
      state,
      pid,
      port,
      why,
    })),
  };
}
