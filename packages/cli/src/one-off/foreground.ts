/**
 * Runs a command in our own foreground: its streams are ours, its exit code becomes ours, and what
 * people type to stop it reaches it, not us.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { FettleError } from '@fettle/sdk/fettle-error';
import { isJson, type Session } from '../session.ts';

export type Foreground = Readonly<{
  command: readonly string[];
  workingDir: string;
  environment: Readonly<Record<string, string>>;
}>;

export type ForegroundEnd = Readonly<{
  /** As a shell tells it: 128 + n after signal n. */
  exitCode: number;
  posixSignal: string | null;
  seconds: number;
}>;

/** @throws FettleError E-RUN-COMMAND when it cannot be started; 127: not found, 126: not allowed. */
export async function runForeground(
  session: Session,
  { command: [file = '', ...words], workingDir, environment }: Foreground,
): Promise<ForegroundEnd> {
  const startMs = performance.now();
  // Data of ours goes to stdout, so with --json the command talks on stderr.
  const child = spawn(file, words, {
    cwd: workingDir,
    env: environment,
    stdio: isJson(session) ? ['inherit', 2, 2] : 'inherit',
  });
  const letGo = passSignalsOn(session, child);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<ForegroundEnd>();
    child.once('error', (cause: NodeJS.ErrnoException) => reject(notStarted(file, cause)));
    child.once('exit', (code, posixSignal) =>
      resolve({
        exitCode: posixSignal === null ? (code ?? 1) : 128 + constants.signals[posixSignal],
        posixSignal,
        seconds: Number(((performance.now() - startMs) / 1_000).toFixed(3)),
      }),
    );
    return await promise;
  } finally {
    letGo();
  }
}

/** On a terminal Ctrl-C reaches the child by itself; elsewhere only we were told. */
function passSignalsOn(session: Session, child: ChildProcess): () => void {
  const { interrupts } = session;
  const onTerminal = process.stdin.isTTY;
  const pass = (): void => {
    if (interrupts.exitCode === 143) child.kill('SIGTERM');
    else if (!onTerminal) child.kill('SIGINT');
  };
  interrupts.childAnswers = true;
  interrupts.onSecond = () => void (onTerminal || child.kill('SIGKILL'));
  interrupts.signal.addEventListener('abort', pass, { once: true });
  if (interrupts.signal.aborted) pass();
  return () => {
    interrupts.onSecond = null;
    interrupts.signal.removeEventListener('abort', pass);
  };
}

function notStarted(file: string, cause: NodeJS.ErrnoException): FettleError {
  const isMissing = cause.code === 'ENOENT';
  const why = isMissing ? 'is not there, nor on the PATH' : `cannot be run: ${cause.code}`;
  return new FettleError('E-RUN-COMMAND', `${file} ${why}`, {
    hint: 'Give the path of a program; what a shell must read goes into sh -c "…".',
    cause,
    exitCode: isMissing ? 127 : 126,
  });
}

/** What follows the name of the service, without the `--` before it. */
export function commandWords(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words;
}

/** The caller's own terminal, whatever the service's environment says. */
const ofTheTerminal = ['TERM', 'COLORTERM', 'COLUMNS', 'LINES', 'NO_COLOR', 'FORCE_COLOR'];

export function terminalVariables(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ofTheTerminal.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}
