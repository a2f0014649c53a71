/** Names of services as typed: known or refused with the nearest one. */
import type { StatusDocument } from '@fettle/sdk/api/status';
import { FettleError } from '@fettle/sdk/fettle-error';
import { nearestWord } from './suggestion.ts';

/** @throws FettleError E-SERVICE-UNKNOWN naming the first that is not there. */
export function requireServices(asked: readonly string[], known: readonly string[]): void {
  for (const name of asked) {
    if (known.includes(name)) continue;
    const near = nearestWord(name, known);
    throw new FettleError(
      'E-SERVICE-UNKNOWN',
      `this stack has no service ${name}${near === null ? '' : `; did you mean ${near}?`}`,
      { hint: `one of: ${known.join(', ')}`, status: 404, exitCode: 2 },
    );
  }
}

/** The document with the asked services only, in its own order; all when none is asked for. */
export function pickServices(document: StatusDocument, asked: readonly string[]): StatusDocument {
  if (asked.length === 0) return document;
  requireServices(
    asked,
    document.services.map(({ name }) => name),
  );
  return { ...document, services: document.services.filter(({ name }) => asked.includes(name)) };
}
