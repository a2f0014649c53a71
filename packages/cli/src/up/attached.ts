/**
 * `fettle up` without `-d`: follows the logs; the first Ctrl-C stops the stack in order, the second
 * kills what is left.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Snapshot } from '@fettle/core/supervise/protocol';
import type { SupervisorClient } from '@fettle/sdk/daemon/supervisor-client';
import { FettleError } from '@fettle/sdk/fettle-error';
import { bringDown, downWords, isOrphaned } from '../bring-down.ts';
import { connectDaemon } from '../daemon.ts';
import { followLogs } from '../follow-logs.ts';
import { jsonLine, renderLogLine } from '../render/log-text.ts';
import { commandLine, isJson, type Session } from '../session.ts';
import type { UpOutcome } from './watch-up.ts';

const graceMs = 120_000;

/** Follows until Ctrl-C, or until the daemon is gone for good (`fettle down` elsewhere). */
export async function followAttached(session: Session, outcome: UpOutcome): Promise<void> {
  const names = outcome.services.flatMap((service) => service.instances.map(({ name }) => name));
  const options = { nameColumns: Math.max(0, ...names.map((name) => name.length)), times: false };
  const request = { services: outcome.services.map(({ name }) => name), tail: 10 };
  const ended = new AbortController();
  const abort = AbortSignal.any([session.interrupts.signal, ended.signal]);
  const watch = await watchDaemon(session, () => ended.abort());
  try {
    await followLogs(
      session,
      request,
      async (lines) => {
        const text = lines.map((line) =>
          isJson(session) ? jsonLine(line) : renderLogLine(line, session.output.look, options),
        );
        session.output.print(text.join(''));
        await session.output.drained();
      },
      abort,
    );
  } finally {
    watch?.close();
  }
  if (!ended.signal.aborted) return;
  session.output.say(
    isOrphaned(session)
      ? `the daemon ended, your services run on; ${commandLine(session, 'up -d')} takes them over`
      : 'the stack was stopped elsewhere',
  );
}

/** Its connection ends with the daemon; a crashed one is not restarted by anybody but `up`. */
async function watchDaemon(session: Session, onEnd: () => void): Promise<SupervisorClient | null> {
  try {
    return await connectDaemon(session, { onDisconnected: onEnd });
  } catch (cause) {
    if (!(cause instanceof FettleError)) throw cause;
    onEnd();
    return null;
  }
}

/** The terminal was closed: that is no wish to stop anything, so the stack runs on. */
export async function tellDetached(session: Session): Promise<void> {
  const client = await connectDaemon(session);
  await client.request({ kind: 'command', command: 'detach', services: [], actor: 'cli' });
  client.close();
}

/** Stops the stack after Ctrl-C and says so; a second one kills. */
export async function stopAttached(session: Session): Promise<void> {
  const { output, interrupts } = session;
  output.say('');
  output.say('stopping the stack in order; Ctrl-C again kills it at once');
  let client: SupervisorClient;
  try {
    client = await connectDaemon(session);
  } catch (cause) {
    if (cause instanceof FettleError) return;
    throw cause;
  }
  interrupts.onSecond = () => {
    interrupts.onSecond = null;
    output.say('killing what is left');
    void killAll(client);
  };
  const outcome = await bringDown(session, { client, waitMs: graceMs });
  output.say(downWords[outcome]);
}

async function killAll(client: SupervisorClient): Promise<void> {
  const snapshot = (await client.request({ kind: 'snapshot' })) as Snapshot;
  const live = snapshot.instances.filter(isLive);
  await Promise.allSettled(
    live.map(({ token }) =>
      client.request({ kind: 'end', token, reason: 'stack-down', kill: true }),
    ),
  );
}

function isLive(view: InstanceView): boolean {
  return view.token !== null && !view.instance.startsWith('@');
}
