/** A regression scenario: a capsule with what must be decided of it, ever after. */
import type { Decision } from '@fettle/core/incident/decisions';
import type { Replay } from '@fettle/core/incident/replay';
import type { SealedCapsule } from '@fettle/controller/loop/seal-capsule';

export const scenarioSchema = 'fettle.scenario/v1';

export type Scenario = Readonly<{
  schema: typeof scenarioSchema;
  incident: string;
  /** In words; the capsule holds the whole. */
  expect: readonly Pick<Decision, 'incident' | 'kind' | 'text'>[];
  capsule: SealedCapsule;
}>;

export function scenarioOf(capsule: SealedCapsule, { was }: Replay): Scenario {
  return {
    schema: scenarioSchema,
    incident: capsule.incident,
    expect: was.map(({ incident, kind, text }) => ({ incident, kind, text })),
    capsule,
  };
}
