/** Where the controller's own words are: its spools, kept like those of any service. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StatePaths } from '@fettle/sdk/daemon/paths';

/** The newest run's file; the folder of all of them when there is none. */
export function controllerLog({ logsDir }: Pick<StatePaths, 'logsDir'>): string {
  const folder = join(logsDir, '@controller.1');
  const spools = listOrNone(folder).filter((name) => name.endsWith('.log'));
  const aged = spools.map((name) => {
    const path = join(folder, name);
    return { path, atMs: statSync(path, { throwIfNoEntry: false })?.birthtimeMs ?? 0 };
  });
  return aged.toSorted((one, other) => other.atMs - one.atMs)[0]?.path ?? folder;
}

function listOrNone(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
