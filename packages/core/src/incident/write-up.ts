/** An incident as a page to read or to send round: markdown, in the order in which it is read. */
import { formatDuration } from '@fettle/sdk/duration';
import type { Run } from '../loop/remedy/run.ts';
import type { Incident } from './incident.ts';

const time = (atMs: number): string => `${timeOf(atMs)} UTC`;

/** `12:04:10`; core has no Date, and needs only the time of day. */
function timeOf(atMs: number): string {
  const seconds = Math.floor(atMs / 1_000) % 86_400;
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

/** `openedOn`: the day in words (the core knows no calendar): `2026-11-21`. */
export function writeUp(incident: Incident, runs: readonly Run[], openedOn: string): string {
  const { diagnosis } = incident;
  const sections = [
    `# ${incident.id}: ${incident.title}`,
    head(incident, openedOn),
    '## Cause',
    diagnosis === null ? 'Not known.' : causeText(diagnosis),
    '## What was done',
    runs.length === 0 ? 'Nothing was done by Fettle.' : runs.map(runText).join('\n\n'),
    '## Timeline',
    list(incident.timeline.map(({ atMs, text }) => `${time(atMs)} ${text}`)),
    ...(incident.lessons.length === 0
      ? []
      : ['## Learned', list(incident.lessons.map(({ text }) => text))]),
    ...(incident.manualSteps.length === 0 ? [] : ['## Left to people', list(manual(incident))]),
    ...(incident.notes.length === 0
      ? []
      : ['## Notes', list(incident.notes.map(({ by, text }) => `${by}: ${text}`))]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function head(incident: Incident, openedOn: string): string {
  const { openedMs, resolvedMs } = incident;
  const lasted = resolvedMs === null ? 'still open' : formatDuration(resolvedMs - openedMs);
  const closed = incident.closedBy === null ? '' : `, closed by ${incident.closedBy}`;
  const lines = [
    `Opened ${openedOn} ${time(openedMs)}; ${lasted}${closed}; severity ${incident.severity}.`,
    `Services: ${incident.services.join(', ') || incident.root}.`,
  ];
  if (incident.affected.length > 0) lines.push(`Affected: ${incident.affected.join(', ')}.`);
  if (incident.escalationReason !== null)
    lines.push(`Given to a person: ${incident.escalationReason}.`);
  return lines.join('\n');
}

function causeText(diagnosis: NonNullable<Incident['diagnosis']>): string {
  const odds = Math.round(diagnosis.confidence * 100);
  const speaks = (title: string, items: readonly Readonly<{ text: string }>[]): readonly string[] =>
    items.length === 0 ? [] : ['', title, '', list(items.map(({ text }) => text))];
  return [
    `${diagnosis.sentence} (${diagnosis.class} on ${diagnosis.target}, ${odds} %)`,
    ...speaks('For it:', diagnosis.for),
    ...speaks('Against it:', diagnosis.against),
  ].join('\n');
}

function runText(run: Run): string {
  const outcome = run.outcome === null ? 'under way' : `${run.outcome.kind}: ${run.outcome.text}`;
  const steps = run.attempts.map(
    ({ step, action, target, state, detail }) =>
      `${step}: ${action} on ${target}, ${state}${detail === '' ? '' : ` (${detail})`}`,
  );
  return `**${run.plan.runbook}** (${run.id}, by ${run.actor}): ${outcome}\n\n${list(steps)}`;
}

function manual(incident: Incident): readonly string[] {
  return incident.manualSteps.map(({ text, owner, doneMs }) => {
    const who = owner === null ? '' : ` (${owner})`;
    return `[${doneMs === null ? ' ' : 'x'}] ${text}${who}`;
  });
}
