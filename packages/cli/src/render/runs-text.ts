/** `fettle runs`: one line a run; how often each runbook cured. */
import type { RunDocument, RunsDocument } from '@fettle/sdk/api/incidents';
import { formatMoment } from '../terminal/amount.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';

export function renderRuns({ runs }: RunsDocument, look: Look): string {
  if (runs.length === 0) return 'No runbook has run.\n';
  return renderTable(
    [
      { title: 'RUN', minColumns: 8 },
      { title: 'INCIDENT' },
      { title: 'RUNBOOK', minColumns: 16 },
      { title: 'STEP', drop: 2 },
      { title: 'ON', minColumns: 6 },
      { title: 'BEGAN', drop: 1 },
      { title: 'RESULT', minColumns: 12 },
    ],
    runs.map((run) => [
      `${glyph(run, look)} ${run.id}`,
      run.incident,
      run.runbook,
      run.attempts.at(-1)?.action ?? run.step,
      run.targets.join(', '),
      formatMoment(run.startedAt, look),
      resultOf(run),
    ]),
    look,
  );
}

function glyph({ outcome, phase }: RunDocument, look: Look): string {
  if (phase === 'awaiting') return stateGlyph(look, 'starting');
  if (outcome === null) return stateGlyph(look, 'healing');
  return stateGlyph(look, outcome.kind === 'fixed' ? 'ok' : 'failing');
}

function resultOf({ outcome, phase, actor }: RunDocument): string {
  if (outcome === null) return phase === 'awaiting' ? 'waits for a yes' : phase;
  const undone = outcome.undone ? ', undone' : '';
  const by = actor === 'supervisor' ? ' (at once)' : '';
  return `${outcome.kind}${undone}${by}: ${outcome.text}`;
}

export function renderRunStats({ stats }: RunsDocument, look: Look): string {
  const { total, active, outcomes } = stats;
  const counts = Object.entries(outcomes).map(([kind, count]) => `${count} ${kind}`);
  const head = [`${total} runs`, ...(active > 0 ? [`${active} active`] : []), ...counts];
  const table = renderTable(
    [
      { title: 'RUNBOOK', minColumns: 16 },
      { title: 'RUNS', align: 'right' },
      { title: 'CURED', align: 'right' },
    ],
    stats.runbooks.map(({ runbook, runs, fixed }) => [
      runbook,
      String(runs),
      runs === 0 ? '–' : `${fixed} (${Math.round((fixed / runs) * 100)} %)`,
    ]),
    look,
  );
  return `${paint(look, 'bold', head.join(', '))}\n\n${table}`;
}
