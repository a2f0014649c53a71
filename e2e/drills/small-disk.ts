/** A disk of a few MB, mounted by root as tmpfs: full, out of inodes or read only at little cost. */
import { spawnSync } from 'node:child_process';

export const diskMb = 8;
const diskInodes = 400;

/** Why there is none; null: it can be mounted. */
export function cannotMount(): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  return spawnSync('mount', ['--version']).status === 0 ? null : 'no mount command';
}

/** False where it did not work, in a container without the right, say. */
export function mountSmallDisk(folder: string): boolean {
  const options = `size=${diskMb}m,nr_inodes=${diskInodes},mode=0755`;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0;
}

export function remount(folder: string, mode: 'ro' | 'rw'): boolean {
  return spawnSync('mount', ['-o', `remount,${mode}`, folder]).status === 0;
}

export function unmount(folder: string): void {
  spawnSync('umount', ['-l', folder]);
}
