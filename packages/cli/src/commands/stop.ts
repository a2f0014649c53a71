/** `fettle stop SERVICE…`: stops services; they stay stopped until start or up. */
import { serviceVerb } from '../service-verb.ts';

export const command = serviceVerb('stop');
