/**
 * What breaks in the healing simulation, as the loop can see it, and what truly mends it.
 *
 * `cures` names the only acts that help; everything else leaves the fault where it is. A fault
 * without cures heals by itself in the end: whatever the loop does about it is in vain, and it has
 * to notice.
 */
import type { Dice } from '../dice.ts';

export type FaultKind =
  | 'crash'
  | 'hang'
  | 'stopped'
  | 'bad-config'
  | 'db-hung'
  | 'fd-leak'
  | 'disk-full'
  | 'stubborn'
  | 'blip';

export type Fault = {
  readonly kind: FaultKind;
  readonly target: string;
  readonly sinceMs: number;
  /** `action target`; the supervisor's and the health part's own reflexes are not among them. */
  readonly cures: readonly string[];
  /** Gone by itself then; null: never. */
  readonly endsMs: number | null;
  /** The reflex that mends it, after so long; null: none. */
  readonly reflexMs: number | null;
};

type Sketch = Readonly<{
  cures: readonly string[];
  lastsMs: number | null;
  reflexMs: number | null;
}>;

const sketches: Readonly<Record<FaultKind, Sketch>> = {
  crash: { cures: [], lastsMs: null, reflexMs: 10 },
  hang: { cures: ['service.restart'], lastsMs: null, reflexMs: 7_000 },
  stopped: { cures: ['process.signal'], lastsMs: null, reflexMs: 1_000 },
  'bad-config': { cures: ['config.restore', 'config.rollback'], lastsMs: null, reflexMs: null },
  'db-hung': { cures: ['service.restart'], lastsMs: null, reflexMs: null },
  'fd-leak': { cures: ['service.restart'], lastsMs: null, reflexMs: null },
  'disk-full': { cures: ['disk.reclaim'], lastsMs: null, reflexMs: null },
  stubborn: { cures: [], lastsMs: 600_000, reflexMs: null },
  blip: { cures: [], lastsMs: 3_000, reflexMs: null },
};

export const faultKinds = Object.keys(sketches) as FaultKind[];

export function faultOf(kind: FaultKind, target: string, nowMs: number): Fault {
  const { cures, lastsMs, reflexMs } = sketches[kind];
  return {
    kind,
    target,
    sinceMs: nowMs,
    cures: cures.map((action) => `${action} ${target}`),
    endsMs: lastsMs === null ? null : nowMs + lastsMs,
    reflexMs,
  };
}

/** A kind that makes sense for this service. */
export function pickFault(dice: Dice, isDatabase: boolean): FaultKind {
  const fitting = faultKinds.filter((kind) => (kind === 'db-hung' ? isDatabase : true));
  return dice.pick(fitting);
}
