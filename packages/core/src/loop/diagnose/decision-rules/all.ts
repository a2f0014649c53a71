/** All decision rules; the most certain verdict wins, so the order means nothing. */
import type { DecisionRule } from '../decision-rule.ts';
import { bridgeRules } from './bridge.ts';
import { configDriftRules } from './config-drift.ts';
import { configRules } from './config.ts';
import { cpuRules } from './cpu.ts';
import { databaseLoadRules } from './database-load.ts';
import { dependencyRules } from './dependency.ts';
import { diskRules } from './disk.ts';
import { endedRules } from './ended.ts';
import { healthRules } from './health.ts';
import { linkRules } from './link.ts';
import { memoryRules } from './memory.ts';
import { networkRules } from './network.ts';
import { portRules } from './port.ts';
import { standsStillRules } from './stands-still.ts';
import { trafficRules } from './traffic.ts';
import { trustRules } from './trust.ts';

export const allDecisionRules: readonly DecisionRule[] = [
  ...endedRules,
  ...standsStillRules,
  ...healthRules,
  ...portRules,
  ...configRules,
  ...configDriftRules,
  ...trustRules,
  ...dependencyRules,
  ...databaseLoadRules,
  ...networkRules,
  ...linkRules,
  ...diskRules,
  ...memoryRules,
  ...cpuRules,
  ...trafficRules,
  ...bridgeRules,
];
