/** How a check that speaks TLS judges the other side. Nothing is read until a check runs. */
import { readFileSync } from 'node:fs';
import type { TlsWish } from '@fettle/core/stack/health-check';
import { FettleError } from '@fettle/sdk/fettle-error';

/** @throws FettleError E-HEALTH-PROBE when the file of the authority cannot be read. */
export function tlsOptions({ verify, ca }: Pick<TlsWish, 'verify' | 'ca'>): Readonly<{
  rejectUnauthorized: boolean;
  ca?: string;
}> {
  return { rejectUnauthorized: verify, ...(ca === null ? {} : { ca: readAuthority(ca) }) };
}

export function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new FettleError('E-HEALTH-PROBE', `cannot read ${file}: ${code}`, {
      hint: 'Correct `ca`: a PEM file with the certificate of the authority.',
      cause,
    });
  }
}
