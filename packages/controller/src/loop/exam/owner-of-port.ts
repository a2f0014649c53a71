/** Who listens on a port, in the stack's own terms: an instance, a left-over of ours, a stranger. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PortOwner } from '@fettle/core/stack/port';
import { conceal } from '../../conceal.ts';
import { ownerOfPort } from '@fettle/proc/port-owner';
import type { ExamDeps } from './exam-context.ts';

/** null: nobody listens there. */
export function portOwner(port: number, host: string, deps: ExamDeps): PortOwner | null {
  const holder = ownerOfPort(port, host);
  if (holder === null) return null;
  const { pid, token, runningForMs } = holder;
  const command = holder.command === null ? null : conceal(holder.command);
  return { pid, command, runningForMs, ...whose(pid, token, deps) };
}

function whose(
  pid: number | null,
  token: string | null,
  { link, runsDir }: ExamDeps,
): Pick<PortOwner, 'kind' | 'instance'> {
  if (pid === null) return { kind: 'unknown', instance: null };
  const views = link.instances();
  const byPid = views.find((view) => view.pid === pid || view.shimPid === pid);
  const owner = byPid ?? (token === null ? undefined : views.find((view) => view.token === token));
  if (owner !== undefined) return { kind: 'ours', instance: owner.instance };
  // Another stack's services carry tokens, too: only a run that this stack recorded was ours.
  const former =
    token !== null &&
    (views.some(({ lastToken }) => lastToken === token) || wasRun(runsDir, token));
  return { kind: former ? 'orphan' : 'foreign', instance: null };
}

function wasRun(runsDir: string, token: string): boolean {
  if (!/^[\w.-]{1,80}$/.test(token)) return false;
  // A token of this stack begins with its state folder's hash; records are tidied away.
  const hash = createHash('sha256').update(dirname(runsDir)).digest('hex');
  if (token.startsWith(hash.slice(0, 8))) return true;
  return ['exit', 'pid'].some((end) => existsSync(join(runsDir, `${token}.${end}`)));
}
