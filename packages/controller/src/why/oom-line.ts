/**
 * The kernel's line about a process that its out-of-memory killer chose, from `dmesg`.
 *
 * Asked only after a SIGKILL that was not ours; where the kernel log may not be read, the cause
 * stays "killed by SIGKILL".
 */
import { execFile } from 'node:child_process';

const timeoutMs = 1_000;
const maxBytes = 8 * 1_024 * 1_024;

export function oomKillLine(pid: number): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: maxBytes, encoding: 'utf8' } as const;
    execFile('dmesg', [], options, (error, stdout) => {
      resolve(error === null ? findOomKill(stdout, pid) : null);
    });
  });
}

/** The newest line that names the pid. */
export function findOomKill(text: string, pid: number): string | null {
  const named = new RegExp(`[Kk]illed process ${pid}\\b`);
  const line = text.split('\n').findLast((one) => named.test(one));
  return line === undefined ? null : line.replace(/^\[[^\]]*\]\s*/, '').slice(0, 400);
}
