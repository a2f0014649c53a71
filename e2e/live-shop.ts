/** A copy of the example stack in a temporary folder, run through the CLI as a user runs it. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { StatusDocument } from '@fettle/sdk/api/status';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const run = promisify(execFile);
const commandTimeoutMs = 90_000;

export type Answer = Readonly<{ code: number; stdout: string; stderr: string }>;
export type LiveStack = Readonly<{
  dir: string;
  url: string;
  fettle: (...args: string[]) => Promise<Answer>;
  status: () => Promise<StatusDocument>;
  /** Asks for the status until `look` finds what it wants; throws with the last status when late. */
  until: <T>(what: string, look: (status: StatusDocument) => T | null | false) => Promise<T>;
  close: () => Promise<void>;
}>;

export async function fettleIn(dir: string, args: readonly string[]): Promise<Answer> {
  const options = { timeout: commandTimeoutMs, maxBuffer: 64 * 2 ** 20 };
  try {
    const { stdout, stderr } = await run(join(root, 'fettle'), ['-C', dir, ...args], options);
    return { code: 0, stdout, stderr };
  } catch (cause) {
    const failed = cause as { code?: number; stdout?: string; stderr?: string };
    return { code: failed.code ?? -1, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' };
  }
}

/** A copy that finds the workspace's packages, without the state of a running one. */
export function copyShop(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-shop-'));
  cpSync(join(root, 'examples/shop'), dir, {
    recursive: true,
    filter: (from) => !/\/(\.fettle|data|node_modules)(\/|$)/.test(from),
  });
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

export async function openShop(): Promise<LiveStack> {
  const dir = copyShop();
  const up = await fettleIn(dir, ['up', '-d', '--wait', '--wait-timeout', '60s']);
  if (up.code !== 0) {
    await fettleIn(dir, ['down']);
    throw new RangeError(`fettle up ended with ${up.code}:\n${up.stdout}${up.stderr}`);
  }
  return liveStack(dir);
}

export async function liveStack(dir: string): Promise<LiveStack> {
  const status = async (): Promise<StatusDocument> =>
    JSON.parse((await fettleIn(dir, ['status', '--json'])).stdout) as StatusDocument;
  const { url } = (await status()).daemon;
  const until: LiveStack['until'] = async (what, look) => {
    const limitMs = performance.now() + 45_000;
    for (;;) {
      const now = await status();
      const found = look(now);
      if (found !== null && found !== false) return found;
      if (performance.now() > limitMs)
        throw new RangeError(
          `waited 45 s for ${what}; last status:\n${JSON.stringify(now, null, 1)}`,
        );
    }
  };
  return {
    dir,
    url,
    fettle: (...args) => fettleIn(dir, args),
    status,
    until,
    async close() {
      await fettleIn(dir, ['down']);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
