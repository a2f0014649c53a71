/** `fettle reset SERVICE…`: clears a crash loop's counters and tries again now. */
import { serviceVerb } from '../service-verb.ts';

export const command = serviceVerb('reset');
