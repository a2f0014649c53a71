/**
 * Gives the front of a spool back to the file system while the service goes on appending to it.
 *
 * Node has no `fallocate`, so util-linux's is asked, by one small shell that reads requests from a
 * pipe: forking a large process for each request would stop our event loop. The shell ends when the
 * pipe closes, so it does not outlive us. Source: fallocate(2), FALLOC_FL_PUNCH_HOLE.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const IDLE_MS = 5_000;
const DEADLINE_MS = 30_000;
export const PAGE_BYTES = 4_096;
const SCRIPT =
  'while read -r length file; do fallocate -p -o 0 -l "$length" -- "$file" >/dev/null 2>&1; echo $?; done';

export type HolePunch = Readonly<{
  /** Releases `[0, length)` of `file` (relative to the folder); false: it cannot be done here. */
  punch(file: string, length: number): Promise<boolean>;
  /** false once it turned out that there is no `fallocate` or no support for it. */
  works(): boolean;
  stop(): void;
}>;

export function holePunch(folder: string): HolePunch {
  let shell: ChildProcess | null = null;
  let idle: NodeJS.Timeout | null = null;
  let works = true;
  let waiting: ((code: number) => void)[] = [];

  const end = (): void => {
    if (idle !== null) clearTimeout(idle);
    idle = null;
    shell?.stdin?.end();
    shell = null;
    for (const answer of waiting.splice(0)) answer(1);
  };
  const start = (): ChildProcess => {
    const child = spawn('/bin/sh', ['-c', SCRIPT], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const mine = waiting;
    const fail = (): void => {
      for (const answer of mine.splice(0)) answer(1);
      if (shell === child) shell = null;
    };
    child.on('error', fail);
    child.on('close', fail);
    child.stdin!.on('error', fail);
    createInterface({ input: child.stdout! }).on('line', (code) => mine.shift()?.(Number(code)));
    child.unref();
    return child;
  };
  return {
    works: () => works,
    stop: end,
    async punch(file, length) {
      const aligned = Math.floor(length / PAGE_BYTES) * PAGE_BYTES;
      if (aligned === 0 || !works) return works;
      if (idle !== null) clearTimeout(idle);
      if (shell === null) {
        waiting = [];
        shell = start();
      }
      const answers = waiting;
      const code = await new Promise<number>((resolve) => {
        const deadline = setTimeout(() => resolve(1), DEADLINE_MS);
        answers.push((answer) => {
          clearTimeout(deadline);
          resolve(answer);
        });
        shell?.stdin?.write(`${aligned} ${file}\n`);
      });
      idle = setTimeout(end, IDLE_MS).unref();
      works = code === 0;
      return works;
    },
  };
}
