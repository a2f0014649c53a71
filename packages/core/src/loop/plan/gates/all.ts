/** Every gate, in the order of `gateNames`. */
import type { Gate } from '../gate-input.ts';
import { approval } from './approval.ts';
import { autonomyLevel } from './autonomy-level.ts';
import { blastRadius } from './blast-radius.ts';
import { capture } from './capture.ts';
import { cascade } from './cascade.ts';
import { flapping } from './flapping.ts';
import { freeze } from './freeze.ts';
import { guard } from './guard.ts';
import { killSwitch } from './kill-switch.ts';
import { limits } from './limits.ts';
import { lock } from './lock.ts';
import { scope } from './scope.ts';
import { selfInflicted } from './self-inflicted.ts';

export const gates: readonly Gate[] = [
  killSwitch,
  freeze,
  scope,
  lock,
  selfInflicted,
  cascade,
  flapping,
  limits,
  autonomyLevel,
  guard,
  approval,
  blastRadius,
  capture,
];
