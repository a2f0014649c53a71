/**
 * The shim: a few lines of POSIX sh that stand between us and a service, so that its exit status is
 * on disk also when no daemon watched.
 *
 * The shim hears the group's signals and lives on (a trap with a handler, which a child does not
 * inherit, so the service has the defaults). Its own words ("Killed") go nowhere: the spool holds
 * what the service wrote. `read </proc/self/stat` is the one way in POSIX sh to learn the pid of a
 * subshell without another process. A record is complete when it ends with a newline; one of many
 * notes its birth as a line in a file of all (`birth-record` in the sdk).
 *
 * Arguments: path prefix of the records, file of births (`-`: a record of its own), open files,
 * processes of the user (`-`: no limit), folders of control groups to join, a line each, file in
 * which the kernel counts its kills for want of memory (`-`: none), command…
 */
export const shimScript = `trap : HUP INT QUIT USR1 USR2 ALRM TERM
exec 3>&2 2>/dev/null
r=$1 b=$2
[ "$3" = - ] || ulimit -n "$3" || echo "fettle: cannot limit open files to $3" >&3
[ "$4" = - ] || ulimit -u "$4" || ulimit -p "$4" || echo "fettle: cannot limit processes to $4" >&3
g=$5 m=$6
shift 6
(
read -r p _ </proc/self/stat
if [ "$b" = - ]; then echo "$p" >"$r.pid"; else echo "\${r##*/} $p $$" >>"$b"; fi
[ "$g" = - ] || { IFS='
'; set -f; for d in $g; do echo "$p" >"$d/cgroup.procs" || echo "fettle: cannot join $d" >&3; done; }
exec "$@" 2>&3 3>&-
)
c=$?
[ "$m" = - ] || while read -r k v; do [ "$k" != oom_kill ] || [ "$v" = 0 ] || echo 1 >"$r.oom"; done <"$m"
echo "$c" >"$r.exit"
exit "$c"
`;

/** Third argument of every shim, by which a scan of /proc tells it from the service. */
export const shimName = 'fettle-shim';

export type ShimRequest = Readonly<{
  /** `<runs>/<token>`, absolute: `.pid` and `.exit` are put after it. */
  recordPrefix: string;
  /** Absolute; null: the birth gets a record of its own. */
  births: string | null;
  openFiles: number | null;
  /** Of this user altogether (RLIMIT_NPROC). */
  processes: number | null;
  /** Control groups that the service joins; absent: none. */
  groups?: readonly string[];
  /** Absent, null: kills for want of memory are not counted. */
  oomFile?: string | null;
  command: readonly string[];
  /** Complete environment of the service. */
  environment: Readonly<Record<string, string>>;
}>;

/** argv after `/bin/sh`. */
export function shimArguments(request: ShimRequest): string[] {
  return [
    '-c',
    shimScript,
    shimName,
    request.recordPrefix,
    request.births ?? '-',
    limitWord(request.openFiles),
    limitWord(request.processes),
    request.groups?.length ? request.groups.join('\n') : '-',
    request.oomFile ?? '-',
    ...oddVariables(request.environment),
    ...request.command,
  ];
}

/** A shell forgets variables whose names it could not spell (`discovery.type`): env(1) sets them. */
function oddVariables(environment: Readonly<Record<string, string>>): string[] {
  const odd = Object.entries(environment).filter(([name]) => !/^[A-Za-z_]\w*$/.test(name));
  return odd.length === 0 ? [] : ['env', ...odd.map(([name, value]) => `${name}=${value}`)];
}

function limitWord(limit: number | null): string {
  return limit === null ? '-' : `${Math.max(0, Math.floor(limit))}`;
}
