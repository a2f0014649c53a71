/** Every gate, in the order of `gateNames`. */
import type { Gate } from '../gate-input.ts';

export const gates: readonly Gate[] = [];
