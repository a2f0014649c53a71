/**
 * A command of the user's: exit 0 is up. Run without a shell, in its own process group that is
 * killed whole at the deadline and after the end, in the service's folder and environment.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { formatDuration } from '@fettle/sdk/duration';
import { FettleError } from '@fettle/sdk/fettle-error';
import { startDeadline } from './deadline.ts';
import type { Place, ProbeKind, Seen } from './probe.ts';

const maxOutputBytes = 8_192;
/** What timeout(1) exits with: the command found no answer. */
const timedOutCode = 124;

export const execProbe: ProbeKind<'exec'> = {
  kind: 'exec',
  address: () => null,
  open({ command }, place) {
    if (command.length === 0)
      throw new FettleError('E-HEALTH-PROBE', `${place.service}: the exec check has no command`, {
        hint: 'Give the check a command.',
      });
    const running = new Set<ChildProcess>();
    return {
      run: (timeoutMs) => execute(command, place, timeoutMs, running),
      close() {
        for (const child of running) killGroup(child);
      },
    };
  },
};

function execute(
  command: readonly string[],
  place: Place,
  timeoutMs: number,
  running: Set<ChildProcess>,
): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: place.workingDir,
    env: place.environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-maxOutputBytes);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const finish = (seen: Seen): void => {
    deadline.clear();
    killGroup(child);
    running.delete(child);
    child.stdout.destroy();
    child.stderr.destroy();
    resolve(seen);
  };
  const deadline = startDeadline(timeoutMs, () => {
    const detail = `${file} did not end in ${formatDuration(timeoutMs)}`;
    finish({ ok: false, detail, answer: 'silent' });
  });
  child.once('error', (error: NodeJS.ErrnoException) => {
    const detail = `cannot run ${file}: ${error.code ?? error.message}`;
    finish({ ok: false, detail, answer: 'answered' });
  });
  // One turn later, so that what it printed last is read.
  child.once('exit', (code, posixSignal) => {
    setImmediate(() => finish(judge(code, posixSignal, output)));
  });
  return promise;
}

function judge(code: number | null, posixSignal: NodeJS.Signals | null, output: string): Seen {
  if (code === 0) return { ok: true, detail: 'exit 0', answer: 'answered' };
  const ending = code === null ? `ended by ${posixSignal ?? 'a signal'}` : `exit ${code}`;
  const lastLine = output.trim().split('\n').at(-1)?.trim() ?? '';
  const detail = lastLine === '' ? ending : `${ending}: ${lastLine.slice(0, 120)}`;
  return { ok: false, detail, answer: code === timedOutCode ? 'silent' : 'answered' };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended: that is what was wanted.
  }
}
