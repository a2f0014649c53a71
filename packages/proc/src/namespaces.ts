/** In which of the kernel's namespaces a process lives that are not ours. */
import { readlinkSync } from 'node:fs';

/** As nsenter(1) names them; in the order in which they must be entered. */
const kinds = {
  user: 'user',
  mnt: 'mount',
  uts: 'uts',
  ipc: 'ipc',
  net: 'net',
  pid: 'pid',
  cgroup: 'cgroup',
} as const;

/** Empty: all are ours, too. null: they are not ours to read. */
export function foreignNamespaces(pid: number): readonly string[] | null {
  try {
    return Object.entries(kinds).flatMap(([file, name]) =>
      readlinkSync(`/proc/${pid}/ns/${file}`) === readlinkSync(`/proc/self/ns/${file}`)
        ? []
        : [name],
    );
  } catch {
    return null;
  }
}
