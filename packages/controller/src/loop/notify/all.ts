/** Every way to tell people. */
import type { Notifier } from './notifier.ts';
import { webhook } from './notifiers/webhook.ts';

export const allNotifiers: readonly Notifier[] = [webhook];
