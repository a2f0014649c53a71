/** Every detector; where two name the same symptom, the first one tells it. */
import type { Detector } from '../detector.ts';
import { anomaly } from './anomaly.ts';
import { certificate } from './certificate.ts';
import { checkDown } from './check-down.ts';
import { crashLoop } from './crash-loop.ts';
import { disk } from './disk.ts';
import { errors } from './errors.ts';
import { exit } from './exit.ts';
import { flapping } from './flapping.ts';
import { forecast } from './forecast.ts';
import { hang } from './hang.ts';
import { hostPressure } from './host-pressure.ts';
import { listenerForeign } from './listener-foreign.ts';
import { logFlood } from './log-flood.ts';
import { portMoved } from './port-moved.ts';
import { schedule } from './schedule.ts';
import { spawnFailed } from './spawn-failed.ts';
import { stopped } from './stopped.ts';
import { templateNew } from './template-new.ts';
import { templateSurge } from './template-surge.ts';
import { templateVanished } from './template-vanished.ts';
import { threshold } from './threshold.ts';
import { trend } from './trend.ts';
import { zombies } from './zombies.ts';

export const detectors: readonly Detector[] = [
  exit,
  crashLoop,
  spawnFailed,
  portMoved,
  schedule,
  stopped,
  hang,
  listenerForeign,
  flapping,
  checkDown,
  threshold,
  hostPressure,
  anomaly,
  disk,
  logFlood,
  errors,
  templateNew,
  templateSurge,
  templateVanished,
  zombies,
  certificate,
  forecast,
  trend,
];
