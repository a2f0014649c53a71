/**
 * Through whom a disk can be looked at: a look at any service that uses it tells its room, who
 * holds deleted files there, and what may be cleaned up. Those that name a path on it come first.
 */
import type { Service } from '../../stack/service.ts';
import type { Picture } from '../collect/picture.ts';

const prefix = '@disk:';
const most = 4;

/** Empty: `subject` is no disk, or nobody is known to use it. */
export function usersOfDisk(picture: Picture, subject: string): readonly string[] {
  if (!subject.startsWith(prefix)) return [];
  const root = subject.slice(prefix.length);
  return [...picture.services.values()]
    .map(({ name, definition }) => ({ name, rank: rankOf(definition, root) }))
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank)
    .slice(0, most)
    .map(({ name }) => name);
}

/** 3: it names a path there; 2: it works there; 1: the disk is mounted below where it works. */
function rankOf(service: Service, root: string): number {
  if (service.external) return 0;
  if (root !== '/' && namedPaths(service).some((path) => isBelow(path, root))) return 3;
  if (isBelow(service.workingDir, root)) return 2;
  return isBelow(root, service.workingDir) ? 1 : 0;
}

function namedPaths({ command, environment, configs, cleanup, labels }: Service): string[] {
  const words = [...command, ...Object.values(environment), ...Object.values(labels)];
  const paths = words.flatMap((one) => one.split(/[\s=]+/)).filter((word) => word.startsWith('/'));
  return [...paths, ...(cleanup ?? []), ...(configs ?? []).map(({ path }) => path)];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
