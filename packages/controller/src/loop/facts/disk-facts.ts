/** `disk_free(path)`, `inodes_free(path)`: shares of the file system there, as users may use it. */
import { statfsSync, type StatsFs } from 'node:fs';
import { textArgument, type ShellFact } from './shell-fact.ts';

function share(name: string, of: (stats: StatsFs) => readonly [number, number]): ShellFact {
  return {
    name,
    answer(args) {
      const [free, whole] = of(statfsSync(textArgument(args, 0)));
      return Promise.resolve(whole > 0 ? free / whole : null);
    },
  };
}

/** What only root may use counts neither as free nor as the whole. */
export const diskFree = share('disk_free', ({ bavail, bfree, blocks }) => [
  bavail,
  blocks - bfree + bavail,
]);
/** A file system without a fixed number of inodes has no share. */
export const inodesFree = share('inodes_free', ({ ffree, files }) => [ffree, files]);
