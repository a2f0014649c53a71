/**
 * Runs one program of the user's for an act: without a shell unless the user wrote one, in a group
 * of its own, its output bounded and redacted, ended as a whole when the time is over.
 */
import { spawn } from 'node:child_process';
import { conceal } from '../../conceal.ts';
import { failed } from './act-error.ts';

export type Command = Readonly<{
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** Kept of its output, from the end; 600 characters unless told. */
  maxOutput?: number;
}>;

export type Ran = Readonly<{
  code: number | null;
  /** Last lines of both outputs, redacted. */
  output: string;
}>;

const shownOutput = 600;

/** @throws FettleError E-ACT-FAILED: it cannot be started, or its time was over. */
export async function runCommand(command: Command): Promise<Ran> {
  const { argv, cwd, env, signal, maxOutput = shownOutput } = command;
  const [file = '', ...args] = argv;
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const hear = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-4 * maxOutput);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const end = Promise.withResolvers<number | null>();
  child.once('error', (cause) => end.reject(failed(`${file} cannot be started`, cause)));
  child.once('close', (code) => end.resolve(code));
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await end.promise;
    if (signal.aborted) throw failed(`${file} did not end in its time and was killed`);
    return { code, output: conceal(output).trim().slice(-maxOutput) };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
