/** Warns before a first start that the machine may be too small for it, or ports taken. */
import { judgePreflight, preflightPorts, type HostFacts } from '@fettle/core/stack/preflight';
import type { Stack } from '@fettle/core/stack/service';
import { readHost } from '@fettle/proc/host';
import { readRunToken } from '@fettle/proc/process-command';
import { lockHeld } from '../daemon.ts';
import type { Session } from '../session.ts';
import { fitCharset } from '../terminal/ascii.ts';
import { paint } from '../terminal/paint.ts';

/** A stack that runs already holds its own memory and ports: nothing new can be said then. */
export async function warnOfShortage(session: Session, stack: Stack): Promise<void> {
  if (session.flags.quiet || (await lockHeld(session))) return;
  const facts = withoutOurs(readHost(session.paths.stackDir, preflightPorts(stack)));
  const { talkLook } = session.output;
  for (const { code, text, hint } of judgePreflight(stack, facts)) {
    const word = paint(talkLook, 'warn', `warning[${code}]`);
    session.output.complain(fitCharset(`${word}: ${text}\n  fix   ${hint}\n`, talkLook.unicode));
  }
}

/** The engine's proxy listens for a container; whether for ours, the start will show. */
function isProxy(command: string | null): boolean {
  return /\bdocker-proxy\b/.test(command ?? '');
}

/** Services that outlived their daemon are about to be adopted with their ports. */
function withoutOurs(facts: HostFacts): HostFacts {
  const takenPorts = facts.takenPorts.filter(
    ({ pid, command }) => (pid === null || readRunToken(pid) === null) && !isProxy(command),
  );
  return { ...facts, takenPorts };
}
