/**
 * Which control groups this machine has, and where this process is in them. Pure: text in, places
 * out. Source: cgroups(7), proc_pid_mountinfo(5).
 */
export type Hierarchy = Readonly<{
  version: 1 | 2;
  /** v1: what this mount controls. v2: empty, each group lists its own. */
  controllers: readonly string[];
  mount: string;
  /** Path of a group as /proc/PID/cgroup tells it, at which the mount begins. */
  root: string;
  /** Folder of the group that this process is in. */
  own: string;
}>;

/** `mountinfo`, `cgroup`: the files of that name in /proc/self. */
export function hierarchiesOf(mountinfo: string, cgroup: string): readonly Hierarchy[] {
  const paths = groupPaths(cgroup);
  return mountinfo.split('\n').flatMap((line): readonly Hierarchy[] => {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '/', mount = ''] = left.split(' ');
    const [type, , options = ''] = right.split(' ');
    if (type === 'cgroup2') {
      const own = folderOf({ mount, root }, paths.get('') ?? null);
      return own === null ? [] : [{ version: 2, controllers: [], mount, root, own }];
    }
    if (type !== 'cgroup') return [];
    const controllers = options.split(',').filter((name) => paths.has(name));
    const own = folderOf({ mount, root }, paths.get(controllers[0] ?? '?') ?? null);
    return own === null ? [] : [{ version: 1, controllers, mount, root, own }];
  });
}

/** Path by controller; that of v2 has an empty name. */
export function groupPaths(cgroup: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    for (const name of match?.[1]?.split(',') ?? []) paths.set(name, match?.[2] ?? '/');
  }
  return paths;
}

/** null: that group is outside of what the mount shows. */
export function folderOf(
  { mount, root }: Readonly<{ mount: string; root: string }>,
  path: string | null,
): string | null {
  if (path === null) return null;
  if (root === '/') return path === '/' ? mount : `${mount}${path}`;
  if (path === root) return mount;
  return path.startsWith(`${root}/`) ? `${mount}${path.slice(root.length)}` : null;
}
