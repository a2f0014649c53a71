/** A state as shape, word and colour together: none of the three carries it alone. */
import type { State } from '@fettle/sdk/api/status';

const glyphs: Readonly<Record<State, string>> = {
  ok: '●',
  starting: '◐',
  degraded: '▲',
  affected: '▲',
  failing: '✕',
  'crash-loop': '↻',
  healing: '◆',
  stopped: '○',
  done: '✓',
  unknown: '?',
};

export function StateMark({ state }: { state: State }) {
  return (
    <span class={`state ${state}`}>
      <i aria-hidden="true">{glyphs[state]}</i>
      {state}
    </span>
  );
}
