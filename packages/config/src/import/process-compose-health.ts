/** A probe of process-compose (Kubernetes' words) as one of ours. */
import { shellCommand } from './command-text.ts';
import { Directives, isMap, type Plain, type PlainMap } from './draft.ts';

type Health = Readonly<{ health: PlainMap; left: readonly (readonly [string, Plain])[] }>;

/** null: it asks nothing. */
export function healthOf(probe: PlainMap, role: 'readiness' | 'liveness'): Health | null {
  const directives = new Directives(probe);
  const asked = askOf(directives);
  if (asked === null) return null;
  const seconds = (theirs: string, ours: string, least = 0): PlainMap => {
    const value = directives.number(theirs);
    return value === undefined || value <= least ? {} : { [ours]: `${value}s` };
  };
  const count = (theirs: string, ours: string): PlainMap => {
    const value = directives.number(theirs);
    return value === undefined || value < 1 ? {} : { [ours]: value };
  };
  const health = {
    ...asked,
    role,
    ...seconds('period_seconds', 'interval'),
    ...seconds('timeout_seconds', 'timeout'),
    ...seconds('initial_delay_seconds', 'start_period'),
    ...count('failure_threshold', 'retries'),
    ...count('success_threshold', 'up'),
    name: role,
  };
  const left: (readonly [string, Plain])[] = [];
  directives.keepRest({ keep: (key, value) => void left.push([key, value]) });
  return { health, left };
}

function askOf(directives: Directives): PlainMap | null {
  const http = directives.map('http_get');
  if (http !== undefined) {
    const host = String(http['host'] ?? '127.0.0.1');
    const scheme = String(http['scheme'] ?? 'http').toLowerCase();
    const path = String(http['path'] ?? '/');
    const port = http['port'] === undefined ? '' : `:${String(http['port'])}`;
    const { headers, host: _host, scheme: _scheme, path: _path, port: _port, ...more } = http;
    const { status_code: status, ...left } = more;
    if (Object.keys(left).length > 0) directives.leave('http_get', left);
    return {
      http: `${scheme}://${host}${port}${path.startsWith('/') ? path : `/${path}`}`,
      ...(isMap(headers) ? { headers } : {}),
      ...(status === undefined ? {} : { status }),
    };
  }
  const exec = directives.map('exec');
  if (exec === undefined) return null;
  const { working_dir: dir, command: _command, ...left } = exec;
  if (Object.keys(left).length > 0) directives.leave('exec', left);
  const command = String(exec['command'] ?? 'true');
  if (dir === undefined) return { exec: shellCommand(command) };
  return { exec: ['/bin/sh', '-c', `cd '${String(dir).replaceAll("'", `'\\''`)}' && ${command}`] };
}
