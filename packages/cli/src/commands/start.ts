/** `fettle start SERVICE…`: starts services. */
import { serviceVerb } from '../service-verb.ts';

export const command = serviceVerb('start');
