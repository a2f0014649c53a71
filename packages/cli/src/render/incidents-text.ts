/** `fettle incidents`: the list, and one incident as UX draws it. */
import type { IncidentDocument, IncidentRow, IncidentsDocument } from '@fettle/sdk/api/incidents';
import type { State } from '@fettle/sdk/api/status';
import { formatDuration } from '@fettle/sdk/duration';
import { formatMoment } from '../terminal/amount.ts';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';
import { wrapWords } from '../terminal/width.ts';

export function renderIncidents({ incidents }: IncidentsDocument, look: Look): string {
  if (incidents.length === 0) return 'No incident in that time.\n';
  return renderTable(
    [
      { title: 'INCIDENT', minColumns: 10 },
      { title: 'STATE', minColumns: 8 },
      { title: 'OPENED', drop: 2 },
      { title: 'TOOK', align: 'right', drop: 1 },
      { title: 'ON', minColumns: 6 },
      { title: 'CAUSE', minColumns: 20 },
      { title: 'CLOSED BY', drop: 3 },
    ],
    incidents.map((incident) => [
      `${stateGlyph(look, wordOf(incident))} ${incident.id}`,
      incident.state,
      formatMoment(incident.openedAt, look),
      tookOf(incident),
      incident.root,
      incident.title,
      incident.closedBy ?? (incident.escalated ? 'needs a person' : '–'),
    ]),
    look,
  );
}

/** The glyph of a service's state that says the same. */
function wordOf({ state, severity }: IncidentRow): State {
  if (state === 'resolved') return 'ok';
  if (state === 'healing' || state === 'verifying') return 'healing';
  return severity === 'warn' ? 'degraded' : 'failing';
}

function tookOf({ openedAt, resolvedAt }: IncidentRow): string {
  if (resolvedAt === null) return 'open';
  return formatDuration(Date.parse(resolvedAt) - Date.parse(openedAt));
}

export function renderIncident({ incident }: IncidentDocument, look: Look): string {
  const glyph = stateGlyph(look, wordOf(incident));
  const state =
    incident.resolvedAt === null ? incident.state : `resolved after ${tookOf(incident)}`;
  const lines = [
    `${paint(look, 'bold', incident.id)}  ${glyph} ${state} · ${incident.severity} · ${formatMoment(incident.openedAt, look)}`,
    ...wrapWords(incident.title, look.columns - 2),
    '',
    ...causeLines(incident, look),
    ...peopleLines(incident),
    '',
    ...incident.timeline.map(({ at, text }) => `${formatMoment(at, look)}  ${text}`),
    ...whyNot(incident),
  ];
  const lessons = incident.lessons.map(({ text }) => `Learned   ${text}`);
  const todo = incident.manualSteps.map(
    ({ id, text, doneAt }) => `${doneAt === null ? 'To do' : 'Done'}     ${text} (${id})`,
  );
  return [...lines, ...(lessons.length + todo.length > 0 ? [''] : []), ...lessons, ...todo]
    .map((line) => `${fitCharset(line, look.unicode)}\n`)
    .join('');
}

type Incident = IncidentDocument['incident'];

function causeLines({ diagnosis }: Incident, look: Look): readonly string[] {
  if (diagnosis === null) return ['Cause     not known yet'];
  const { confidence, evidence, against, others } = diagnosis;
  const word = confidence >= 0.9 ? 'certain' : confidence >= 0.7 ? 'likely' : 'possible';
  const rest = others
    .slice(0, 3)
    .map((other) => `${other.class} on ${other.target} ${other.odds.toFixed(2)}`);
  return [
    `Cause     ${paint(look, 'bold', diagnosis.class)} on ${diagnosis.target} · ${word} (${confidence.toFixed(2)})`,
    ...evidence.map(({ text }) => `  for     ${text}`),
    ...against.map(({ text }) => `  against ${text}`),
    ...(rest.length === 0 ? [] : [`  other   ${rest.join(', ')}`]),
  ];
}

function peopleLines(incident: Incident): readonly string[] {
  const { affected, escalated, escalationReason, acknowledgedBy } = incident;
  return [
    ...(affected.length === 0 ? [] : [`Affected  ${affected.join(', ')}`]),
    ...(escalated ? [`Person    needed: ${escalationReason ?? 'see the timeline'}`] : []),
    ...(acknowledgedBy === null ? [] : [`Seen by   ${acknowledgedBy}`]),
  ];
}

/** The gates that stood in the way of the newest plan. */
function whyNot({ plans }: Incident): readonly string[] {
  const plan = plans.at(-1);
  const stood = plan?.reasons.filter(({ passed }) => !passed) ?? [];
  if (plan === undefined || stood.length === 0) return [];
  return [
    '',
    `Not done  ${plan.runbook}, ${plan.step}`,
    ...stood.map(({ gate, text }) => `  ${gate}: ${text}`),
  ];
}
