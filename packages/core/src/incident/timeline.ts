/** Writes an incident's story, one sentence a moment; bounded. */
import type { Evidence } from '../loop/collect/evidence.ts';
import type { Incident, IncidentEntry } from './incident.ts';

/** The first ones are kept: how it began must not be lost under how it went on. */
const firstKept = 50;
const mostEntries = 300;

export function tell(
  incident: Incident,
  entry: Readonly<{
    atMs: number;
    kind: IncidentEntry['kind'];
    text: string;
    evidence?: readonly Evidence[];
  }>,
): void {
  const { timeline } = incident;
  const last = timeline.at(-1);
  incident.changedMs = entry.atMs;
  if (last?.text === entry.text && last.kind === entry.kind) return;
  timeline.push({ ...entry, evidence: entry.evidence ?? [] });
  if (timeline.length > mostEntries) timeline.splice(firstKept, 1);
}
