/** What `fettle up` says when it has seen enough: one sentence, the dashboard, what to type next. */
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { exitCodes } from '../command.ts';
import { commandLine, type Session } from '../session.ts';
import { watchedText } from '../render/limits-text.ts';
import { isUp } from '../settled.ts';
import { paint } from '../terminal/paint.ts';
import type { UpOutcome } from './watch-up.ts';

export function sayClosing(session: Session, outcome: UpOutcome): void {
  session.output.say(`${sentenceOf(outcome)}`);
  for (const { name, rolling } of outcome.services)
    if (rolling?.phase === 'stopped')
      session.output.say(
        `  ${name}: rolling restart stopped after ${rolling.done} of ${rolling.of}: ${rolling.why}`,
      );
  const watched = watchedText(outcome.services);
  if (watched !== null)
    session.output.say(`  ${paint(session.output.talkLook, 'warn', 'note')}       ${watched}`);
  const { url } = outcome.status.daemon;
  if (url !== '') session.output.say(`  dashboard  ${url}`);
  const worst = outcome.services.find((service) => !isUp(service));
  const why = commandLine(session, `why ${(worst ?? outcome.services.at(-1))?.name ?? 'SERVICE'}`);
  const rest = [commandLine(session, 'logs -f'), commandLine(session, 'down')];
  session.output.say(
    `  next       ${(worst === undefined ? [...rest] : [why, ...rest]).join(' · ')}`,
  );
}

/** `All 3 ready in 5.2 s.`, or what is missing and why. */
export function sentenceOf(outcome: UpOutcome): string {
  const total = outcome.services.length;
  const up = outcome.services.filter(isUp);
  const seconds = (outcome.elapsedMs / 1_000).toFixed(1);
  if (up.length === total) {
    const degraded = up.filter(({ state }) => state === 'degraded');
    const but = degraded.length === 0 ? '' : `, ${named(degraded)} degraded`;
    return `${total === 1 ? 'Ready' : `All ${total} ready`} in ${seconds} s${but}.`;
  }
  const missing = outcome.services.filter((service) => !isUp(service));
  const verb = outcome.kind === 'progressing' ? 'still on the way' : 'not ready';
  return `${up.length} of ${total} ready after ${seconds} s; ${named(missing)} ${verb}.`;
}

export function exitCodeOf(outcome: UpOutcome, waited: boolean): number {
  if (outcome.kind === 'ready') return exitCodes.ok;
  if (outcome.kind === 'settled') return waited ? exitCodes.notAsAsked : exitCodes.failed;
  return exitCodes.progressing;
}

function named(services: readonly ServiceStatus[]): string {
  const names = services.map(({ name }) => name);
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
