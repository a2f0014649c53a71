/** What to do about a taken port. Fettle never ends a process that it did not start: it says how. */
import { formatDuration } from '@fettle/sdk/duration';
import type { PortHolder } from '@fettle/proc/port-owner';
import { commandLine, type Session } from './session.ts';

export type PortReport = Readonly<{ sentence: string; next: readonly string[] }>;

export function describeOwner(
  session: Session,
  fact: Readonly<{ port: number; holder: PortHolder | null; service: string | null }>,
): PortReport {
  const { port, holder, service } = fact;
  if (holder === null)
    return { sentence: `Port ${port} is free.`, next: [commandLine(session, 'up')] };
  const who = ownerText(holder);
  if (service !== null)
    return {
      sentence: `Port ${port} is held by ${service} of this stack (${who}).`,
      next: [commandLine(session, `stop ${service}`)],
    };
  if (holder.pid === null)
    return {
      sentence: `Port ${port} is held by a process of another user, whose pid is not readable.`,
      next: [`sudo ss -ltnp 'sport = :${port}'`],
    };
  const ask =
    holder.token === null
      ? 'It is not ours: Fettle leaves it alone. Ask it to stop, then start your service.'
      : 'It belongs to another Fettle stack; stop it there.';
  const next =
    holder.token === null
      ? [`kill ${holder.pid}`, commandLine(session, 'up')]
      : ['fettle ls', commandLine(session, 'up')];
  return { sentence: `Port ${port} is held by ${who}. ${ask}`, next };
}

function ownerText(holder: PortHolder): string {
  const pid = holder.pid === null ? 'an unreadable pid' : `pid ${holder.pid}`;
  const parts = [
    holder.command,
    holder.runningForMs === null ? null : `running for ${formatDuration(holder.runningForMs)}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? pid : `${pid}: ${parts.join(', ')}`;
}
