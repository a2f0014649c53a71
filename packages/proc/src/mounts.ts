/** Where file systems are mounted, from /proc/self/mountinfo. Source: proc_pid_mountinfo(5). */
import { readSmallText } from './small-file.ts';

export type Mount = Readonly<{
  /** Absolute. */
  path: string;
  /** `ext4`, `tmpfs`, `overlay`. */
  type: string;
  /** By its own flag or that of its file system. */
  readOnly: boolean;
}>;

/** In order of mounting; empty where unreadable. */
export function readMounts(): readonly Mount[] {
  const text = readSmallText('/proc/self/mountinfo') ?? '';
  return text.split('\n').flatMap((line): Mount[] => {
    const [left = '', right] = line.split(' - ');
    const [, , , , path, flags = ''] = left.split(' ');
    if (right === undefined || path === undefined) return [];
    const [type = '', , superFlags = ''] = right.split(' ');
    const readOnly = isReadOnly(flags) || isReadOnly(superFlags);
    return [{ path: unescape(path), type, readOnly }];
  });
}

/** The mount that `path` (absolute, without links) lies on: the longest, of equal ones the last. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | null {
  let best: Mount | null = null;
  for (const mount of mounts) {
    const below = mount.path === '/' || path === mount.path || path.startsWith(`${mount.path}/`);
    if (below && mount.path.length >= (best?.path.length ?? 0)) best = mount;
  }
  return best;
}

function isReadOnly(flags: string): boolean {
  return flags.split(',').includes('ro');
}

/** The kernel writes blanks, tabs, newlines and backslashes in octal: `\040`. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
