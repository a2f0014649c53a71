/**
 * An incident as an event for receivers: all that is known now, so that the newest message alone
 * tells the whole story. Redacted; no log line is longer than a clause.
 */
import type { Incident } from '@fettle/core/incident/incident';
import { concealData } from '../../conceal.ts';
import type { CloudEvent } from './notifier.ts';

export type IncidentChange = 'opened' | 'escalated' | 'approval' | 'resolved';

export type EventOptions = Readonly<{
  change: IncidentChange;
  /** From 1, per incident. */
  sequence: number;
  stack: string;
  /** Wall clock. */
  nowMs: number;
  /** Base URL of the dashboard; null: not known. */
  url: string | null;
}>;

const maxEvidence = 5;
const sequenceDigits = 10;

export function incidentEvent(incident: Incident, options: EventOptions): CloudEvent {
  const { change, sequence, stack, nowMs, url } = options;
  return {
    specversion: '1.0',
    id: `${incident.id}.${sequence}`,
    source: `/fettle/${encodeURIComponent(stack)}`,
    type: `dev.fettle.incident.${change}`,
    subject: incident.id,
    time: new Date(nowMs).toISOString(),
    datacontenttype: 'application/json',
    // Compared as text by receivers, hence padded.
    sequence: String(sequence).padStart(sequenceDigits, '0'),
    data: concealData({
      stack,
      change,
      text: textOf(incident, change),
      incident: documentOf(incident),
      commands: commandsOf(incident, change),
      url: url === null ? null : `${url}/incidents/${incident.id}`,
    }) as Readonly<Record<string, unknown>>,
  };
}

/** One line for a chat or a pager. */
function textOf(
  { id, title, escalationReason, closedBy }: Incident,
  change: IncidentChange,
): string {
  switch (change) {
    case 'opened':
      return `${id}: ${title}`;
    case 'approval':
      return `${id} waits for a yes: ${title}`;
    case 'escalated':
      return `${id} needs a person: ${escalationReason ?? title}`;
    case 'resolved':
      return `${id} is over (${closedBy ?? 'by itself'}): ${title}`;
    default:
      return change satisfies never;
  }
}

function documentOf(incident: Incident): Readonly<Record<string, unknown>> {
  const { diagnosis } = incident;
  return {
    id: incident.id,
    title: incident.title,
    state: incident.state,
    severity: incident.severity,
    root: incident.root,
    services: incident.services,
    affected: incident.affected,
    opened_at: isoOf(incident.openedMs),
    changed_at: isoOf(incident.changedMs),
    resolved_at: incident.resolvedMs === null ? null : isoOf(incident.resolvedMs),
    escalation_reason: incident.escalationReason,
    acknowledged_by: incident.acknowledgedBy,
    runs: incident.runIds,
    diagnosis:
      diagnosis === null
        ? null
        : {
            class: diagnosis.class,
            sentence: diagnosis.sentence,
            confidence: diagnosis.confidence,
            for: diagnosis.for.slice(0, maxEvidence).map(({ text }) => text),
            against: diagnosis.against.slice(0, maxEvidence).map(({ text }) => text),
          },
  };
}

/** What a person would type next. */
function commandsOf({ id, runIds }: Incident, change: IncidentChange): readonly string[] {
  const run = runIds.at(-1);
  const decide =
    change === 'approval' && run !== undefined
      ? [`fettle approve ${run}`, `fettle reject ${run}`]
      : [];
  return change === 'resolved' ? [`fettle incidents ${id}`] : [...decide, `fettle incidents ${id}`];
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
