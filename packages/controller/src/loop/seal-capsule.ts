/** A sum over a capsule, so that one that was changed by hand or by accident is told apart. */
import { createHash } from 'node:crypto';
import type { Capsule } from '@fettle/core/incident/capsule';

export type SealedCapsule = Capsule & Readonly<{ sha256: string }>;

export function sealCapsule(capsule: Capsule): SealedCapsule {
  return { ...capsule, sha256: sumOf(capsule) };
}

/** Is it as it was when it was sealed? Of any JSON. */
export function isSealed(json: Readonly<Record<string, unknown>>): boolean {
  const { sha256, ...rest } = json;
  return sha256 === sumOf(rest);
}

function sumOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
