/**
 * The log part of a controller in a process of its own, so that its CPU can be told from all else
 * and it can be killed. Answers over IPC; a supervisor is played by the messages.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { openLogs } from '@fettle/controller/logs/logs-part';

export type Ask =
  | Readonly<{ kind: 'catch-up' }>
  /** Reads everything back and checks that line after line is there. */
  | Readonly<{ kind: 'verify' }>
  | Readonly<{ kind: 'stop' }>;
export type Answer = Readonly<{
  cpuSeconds: number;
  /** Only for `verify`. */
  found: number;
  broken: number;
  errors: number;
}>;

const [stateDir = '', instance = '', token = '', segmentBytes = ''] = process.argv.slice(2);
const view = { instance, service: instance, token, lastToken: null, lastExit: null };

const logs = await openLogs({
  logsDir: join(stateDir, 'logs'),
  runLog: join(stateDir, 'run.log'),
  link: {
    instances: () => [view as unknown as InstanceView],
    onNotice: () => () => undefined,
    onSnapshot: () => () => undefined,
  },
  limits: { segmentBytes: Number(segmentBytes), freeBytes: 0 },
  onTrouble: (cause) => {
    throw cause;
  },
});

const all = { services: [], sinceMs: null, untilMs: null, tail: null, grep: null, level: null };

/** User and system, with children that ended (the hole puncher). */
function cpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

async function verify(): Promise<Pick<Answer, 'found' | 'broken' | 'errors'>> {
  let found = 0;
  let broken = 0;
  let errors = 0;
  for await (const { text, kind } of logs.query(all)) {
    if (kind !== 'line') continue;
    if (text.length !== 119 || Number(text.slice(0, 8)) !== found) broken += 1;
    found += 1;
  }
  for await (const { kind } of logs.query({ ...all, level: 'error' }))
    if (kind === 'line') errors += 1;
  return { found, broken, errors };
}

process.on('message', (ask: Ask) => void answer(ask));

async function answer(ask: Ask): Promise<void> {
  const counted = { found: 0, broken: 0, errors: 0 };
  if (ask.kind === 'verify') Object.assign(counted, await verify());
  else {
    await logs.catchUp();
    await logs.sweep();
  }
  if (ask.kind === 'stop') await logs.stop();
  process.send?.({ cpuSeconds: cpuSeconds(), ...counted });
  if (ask.kind === 'stop') process.disconnect();
}
process.send?.({ cpuSeconds: cpuSeconds(), found: 0, broken: 0, errors: 0 });
