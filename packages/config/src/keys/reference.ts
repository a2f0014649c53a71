/** Every group of keys, in the order and under the headings of the reference, `docs/config.md`. */
import type { Keys } from '../shape/shape.ts';
import {
  deployKeys,
  limitKeys,
  restartPolicyKeys,
  ulimitKeys,
  updateConfigKeys,
} from './deploy-keys.ts';
import { buildKeys, topVolumeKeys, volumeKeys } from './container-keys.ts';
import { fileKeys, grantKeys } from './file-keys.ts';
import * as heal from './heal-keys.ts';
import { healthcheckKeys, healthKeys } from './health-keys.ts';
import { hookKeys, hooksKeys } from './hook-keys.ts';
import { portObjectKeys, publishedKeys } from './port-keys.ts';
import { scheduleKeys } from './schedule-keys.ts';
import { dependencyKeys, envFileKeys, serviceKeys, templateKeys } from './service-keys.ts';
import { watchKeys } from './watch-keys.ts';
import { portsKeys, stackKeys } from './stack-keys.ts';

export const keyGroups: Readonly<Record<string, Keys>> = {
  'Top of the file': stackKeys,
  'A service': serviceKeys,
  'In `health`': healthKeys,
  'In `healthcheck`': healthcheckKeys,
  'In `port`': portObjectKeys,
  'In one of `ports`': publishedKeys,
  'In `depends_on.SERVICE`': dependencyKeys,
  'In one of `env_file`': envFileKeys,
  'In `deploy`': deployKeys,
  'In `deploy.resources.limits`': limitKeys,
  'In `deploy.restart_policy`': restartPolicyKeys,
  'In `deploy.update_config`': updateConfigKeys,
  'In `ulimits`': ulimitKeys,
  'In `schedule`': scheduleKeys,
  'In one of `templates`': templateKeys,
  'In `hooks`': hooksKeys,
  'In one of `hooks`, of `post_start` and `pre_stop`': hookKeys,
  'In `watch`': watchKeys,
  'In `build`': buildKeys,
  'In one of `volumes`': volumeKeys,
  'In one of the top `volumes`': topVolumeKeys,
  'In the top `ports`': portsKeys,
  'In one of the top `configs` and `secrets`': fileKeys,
  "In one of a service's `configs` and `secrets`": grantKeys,
  'In `heal`, and in `policy.yaml`': heal.healKeys,
  'In `heal.max_runs`': heal.maxRunsKeys,
  'In `heal.block`': heal.blockKeys,
  'In `heal.chronic`': heal.chronicKeys,
  'In `heal.cascade`': heal.cascadeKeys,
  'In `heal.flapping`': heal.flappingKeys,
  "In a service's `heal`": heal.serviceHealKeys,
  'In `self_healing`': heal.selfHealingKeys,
  'In one of `constraints`': heal.constraintKeys,
  'In one of `notify`': heal.notifyKeys,
};
