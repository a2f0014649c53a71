/** An incident's or a run's state as shape, word and colour together. */
import type { IncidentRow, RunDocument } from '@fettle/sdk/api/incidents';

type Mark = Readonly<{ glyph: string; tone: string; word: string }>;

export function markOfIncident({ state, severity, escalated }: IncidentRow): Mark {
  switch (state) {
    case 'resolved':
      return { glyph: '✓', tone: 'done', word: 'resolved' };
    case 'healing':
    case 'verifying':
      return { glyph: '◆', tone: 'healing', word: state };
    case 'awaiting-approval':
      return { glyph: '◐', tone: 'starting', word: 'asks for a yes' };
    default: {
      const word = escalated ? 'needs a person' : state;
      return severity === 'warn'
        ? { glyph: '▲', tone: 'degraded', word }
        : { glyph: '✕', tone: 'failing', word };
    }
  }
}

export function markOfRun({ phase, outcome }: RunDocument): Mark {
  if (phase === 'awaiting') return { glyph: '◐', tone: 'starting', word: 'asks for a yes' };
  if (outcome === null) return { glyph: '◆', tone: 'healing', word: phase };
  const word = outcome.undone ? `${outcome.kind}, undone` : outcome.kind;
  return outcome.kind === 'fixed'
    ? { glyph: '✓', tone: 'done', word }
    : { glyph: '✕', tone: 'failing', word };
}

export function MarkText({ mark }: { mark: Mark }) {
  return (
    <span class={`state ${mark.tone}`}>
      <i aria-hidden="true">{mark.glyph}</i>
      {mark.word}
    </span>
  );
}

/** Words with the number, as everywhere. */
export function sureness(confidence: number): string {
  const word = confidence >= 0.9 ? 'certain' : confidence >= 0.7 ? 'likely' : 'possible';
  return `${word}, ${confidence.toFixed(2)}`;
}
