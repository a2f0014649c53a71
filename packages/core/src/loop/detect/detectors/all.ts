/** Every detector; the order is that in which equal onsets are told. */
import type { Detector } from '../detector.ts';
import { checkDown } from './check-down.ts';
import { crashLoop } from './crash-loop.ts';
import { exit } from './exit.ts';
import { hang } from './hang.ts';
import { stopped } from './stopped.ts';

export const detectors: readonly Detector[] = [exit, crashLoop, stopped, hang, checkDown];
