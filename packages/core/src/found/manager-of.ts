/**
 * Who keeps a process, and under which name: told by the variables that the manager gives its
 * processes, by the control group, or by a manager among the ancestors; else nobody does.
 */
import type { RunningProcess } from './running-facts.ts';

export type Manager =
  | 'pm2'
  | 'supervisord'
  | 'process-compose'
  | 'foreman'
  | 'honcho'
  | 'systemd'
  | 'container'
  | 'nobody';

export type Kept = Readonly<{
  manager: Manager;
  /** null: the manager gives none. */
  name: string | null;
}>;

/** Programs that keep others: a service begins below them. */
const managers: readonly (readonly [RegExp, Manager])[] = [
  [/^PM2 v|God Daemon/, 'pm2'],
  [/(?:^|\/)supervisord(?:\s|$)/, 'supervisord'],
  [/(?:^|\/)process-compose(?:\s|$)/, 'process-compose'],
  [/(?:^|[\s/])(?:foreman|overmind|hivemind)\s+(?:start|s\b)/, 'foreman'],
  [/(?:^|[\s/])honcho\s+start/, 'honcho'],
  [/(?:^|\/)containerd-shim/, 'container'],
];

export function managerProgram(process: RunningProcess): Manager | null {
  const line = process.args?.join(' ') ?? process.name;
  return managers.find(([pattern]) => pattern.test(line))?.[1] ?? null;
}

export function keptBy(process: RunningProcess, ancestors: readonly RunningProcess[]): Kept {
  const { marks } = process;
  const above = ancestors.map(managerProgram).find((found) => found !== null) ?? null;
  if (marks['pm_id'] !== undefined)
    return { manager: 'pm2', name: marks['name'] ?? `app ${marks['pm_id']}` };
  const supervised = marks['SUPERVISOR_PROCESS_NAME'];
  if (supervised !== undefined) {
    const group = marks['SUPERVISOR_GROUP_NAME'] ?? supervised;
    return { manager: 'supervisord', name: supervised.startsWith(group) ? group : supervised };
  }
  if (marks['PC_PROC_NAME'] !== undefined)
    return { manager: 'process-compose', name: marks['PC_PROC_NAME'] };
  const worker = /^([\w-]+)\.\d+$/.exec(marks['PS'] ?? marks['FOREMAN_WORKER_NAME'] ?? '')?.[1];
  if (worker !== undefined) return { manager: 'foreman', name: worker };
  const honcho = marks['HONCHO_PROCESS_NAME'];
  if (honcho !== undefined) return { manager: 'honcho', name: honcho.replace(/\.\d+$/, '') };
  const container = /(?:docker[-/]|cri-containerd-|libpod-)([0-9a-f]{12})[0-9a-f]*/.exec(
    process.cgroup ?? '',
  )?.[1];
  if (container !== undefined) return { manager: 'container', name: container };
  if (above !== null) return { manager: above, name: null };
  return { ...byUnit(process.cgroup) };
}

/** A unit that is no login: `shop-api.service`, not `session-3.scope` or `user@1000.service`. */
function byUnit(cgroup: string | null): Kept {
  const unit = (cgroup ?? '')
    .split('/')
    .findLast((part) => part.endsWith('.service') && !/^user@\d+\.service$/.test(part));
  if (unit === undefined) return { manager: 'nobody', name: null };
  return { manager: 'systemd', name: unit.replace(/\.service$/, '').replace('@', '-') };
}
