/** Writes where a service's replicas answer: `<NAME>_ENDPOINTS` of its dependants names the file. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Endpoint } from '@fettle/core/supervise/effect';
import { endpointsFile } from '@fettle/core/supervise/environment';
import { writeAtomically } from './atomic-file.ts';
import { log } from './own-log.ts';

/** Who reads it keeps the last list when a full disk refuses the new one. */
export function writeEndpoints(
  stateDir: string,
  service: string,
  endpoints: readonly Endpoint[],
): void {
  const file = endpointsFile(stateDir, service);
  const document = { schema: 'fettle.endpoints/v1', service, endpoints };
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeAtomically(file, `${JSON.stringify(document, null, 2)}\n`);
  } catch (cause) {
    log('warn', 'the addresses of a service cannot be written', { service, cause });
  }
}
