/** `fettle restart SERVICE…`: stops services and starts them again. */
import { serviceVerb } from '../service-verb.ts';

export const command = serviceVerb('restart');
