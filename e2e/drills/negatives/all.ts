/** Every case in which nothing may be done. */
import type { Negative } from '../negative.ts';
import { batchJob } from './batch-job.ts';
import { blip } from './blip.ts';
import { collectionPause } from './collection-pause.ts';
import { goodEdit } from './good-edit.ts';
import { optionalDown } from './optional-down.ts';
import { plannedRestart } from './planned-restart.ts';
import { plannedWork } from './planned-work.ts';
import { proberPaused } from './prober-paused.ts';
import { stoppedService } from './stopped-service.ts';
import { trafficDoubled } from './traffic-doubled.ts';

export const allNegatives: readonly Negative[] = [
  plannedRestart,
  plannedWork,
  batchJob,
  blip,
  collectionPause,
  proberPaused,
  trafficDoubled,
  stoppedService,
  optionalDown,
  goodEdit,
];
