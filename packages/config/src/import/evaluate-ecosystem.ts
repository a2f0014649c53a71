/**
 * Evaluates a PM2 ecosystem file written in JavaScript: in a process of its own with a deadline,
 * that may read files and do nothing else: not write, not start programs. Never in the daemon.
 */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plain } from './draft.ts';

const deadlineMs = 5_000;
const maxBytes = 4 * 1024 * 1024;

export type Evaluated =
  | Readonly<{ ok: true; value: Plain }>
  | Readonly<{ ok: false; message: string; hint: string; line: number | null }>;

/** What the file prints is not its value: that leaves by its own channel. */
const program = `
import { writeSync } from 'node:fs';
const [, url] = process.argv;
try {
  const found = await import(url);
  let value = found.default ?? { ...found };
  if (typeof value === 'function') value = await value();
  writeSync(3, JSON.stringify(value ?? null, (_key, one) => one === undefined ? null : one));
  process.exit(0);
} catch (error) {
  const stack = String(error?.stack ?? error);
  const message = String(error?.message ?? error);
  writeSync(3, JSON.stringify({ message, code: error?.code, stack }));
  process.exit(3);
}
`;

export function evaluateEcosystem(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Evaluated {
  const { status, error, output, stderr } = spawnSync(
    process.execPath,
    [
      '--no-warnings',
      '--permission',
      '--allow-fs-read=*',
      '--input-type=module',
      '-e',
      program,
      pathToFileURL(path).href,
    ],
    {
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
      maxBuffer: maxBytes,
      env: { ...env },
      cwd: path.slice(0, path.lastIndexOf('/')) || '/',
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
    },
  );
  const name = basename(path);
  const said = String(output?.[3] ?? '');
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT')
    return fault(
      `${name} was not evaluated within ${deadlineMs / 1_000} s`,
      'It must only build its value and end.',
    );
  if (error !== undefined)
    return fault(`${name} cannot be evaluated: ${error.message}`, 'Is it an ecosystem file?');
  if (status === 0) return parsed(name, said);
  return explain(path, said, String(stderr ?? ''));
}

const fault = (message: string, hint: string, line: number | null = null): Evaluated => ({
  ok: false,
  message,
  hint,
  line,
});

function parsed(name: string, said: string): Evaluated {
  try {
    return { ok: true, value: JSON.parse(said) as Plain };
  } catch {
    return fault(
      `${name} has no value`,
      'Write `module.exports = { apps: [{ script: "app.js" }] }`.',
    );
  }
}

function explain(path: string, said: string, stderr: string): Evaluated {
  const name = basename(path);
  let answer: Readonly<{ message?: string; code?: string; stack?: string }> = {};
  try {
    answer = JSON.parse(said) as typeof answer;
  } catch {
    // It ended before it could say anything: its own words are all there is.
  }
  const text = answer.message ?? stderr.trim().split('\n').at(-1) ?? 'it ended without a value';
  const trace = `${answer.stack ?? ''}\n${stderr}`;
  const at = trace.indexOf(path);
  const line = at === -1 ? null : Number(/^:(\d+)/.exec(trace.slice(at + path.length))?.[1] ?? NaN);
  const denied = answer.code === 'ERR_ACCESS_DENIED';
  const hint = denied
    ? 'It may read files, and neither write, nor start programs: put the value in the file.'
    : answer.code === 'ERR_MODULE_NOT_FOUND' || answer.code === 'MODULE_NOT_FOUND'
      ? 'Install what it needs (`npm ci`), then try again.'
      : `Check it by \`node -e 'require("./${name}")'\`.`;
  return fault(`${name} fails: ${text}`, hint, Number.isNaN(line) ? null : line);
}
