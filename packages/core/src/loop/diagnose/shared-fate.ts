/**
 * Joins services that nothing in the graph joins and that yet have one cause: the same outside
 * address or host name that fails for all, a disk all complain of, a file that changed for all.
 */
import type { Picture } from '../collect/picture.ts';
import type { Ill } from './ill-nodes.ts';
import { linksOf } from './neighbours.ts';
import { mentions } from './address-book.ts';

const togetherMs = 120_000;
const ofSettings = /^(?:config|environment|auth|module|version)$/;
/** Complaints that accuse the other end of an address. */
const atDatabase = /^(?:too-many-clients|auth|timeout|reset|pool-wait|slow|lock)$/;
const pointing = /^(?:refused|timeout|connect-timeout|reset)$/;

/** Moves the roots of later ones under the first: changes `rootOf` in place. */
export function joinSharedFate(
  picture: Picture,
  ills: ReadonlyMap<string, Ill>,
  rootOf: Map<string, string>,
): void {
  const byFate = new Map<string, Ill[]>();
  for (const ill of ills.values()) {
    if (rootOf.get(ill.name) !== ill.name || ill.symptoms.length === 0) continue;
    for (const fate of fatesOf(picture, ill)) byFate.set(fate, [...(byFate.get(fate) ?? []), ill]);
  }
  for (const sharers of byFate.values()) {
    const [first, ...rest] = sharers.toSorted((a, b) => a.sinceMs - b.sinceMs);
    if (first === undefined) continue;
    const root = rootOf.get(first.name) ?? first.name;
    for (const one of rest)
      if (one.sinceMs - first.sinceMs <= togetherMs) moveRoot(rootOf, one.name, root);
  }
}

function moveRoot(rootOf: Map<string, string>, from: string, to: string): void {
  const old = rootOf.get(from) ?? from;
  for (const [name, root] of rootOf) if (root === old) rootOf.set(name, to);
}

/** What of its trouble others may share, as words that equal each other. */
function fatesOf(picture: Picture, ill: Ill): readonly string[] {
  const fates = new Set<string>();
  for (const { kind, host, port, isNew, text } of ill.complaints) {
    if (!isNew || ill.seat === 'inside') continue;
    if (kind === 'dns' && host !== null) fates.add(`name ${host}`);
    if (kind === 'disk-full' || kind === 'read-only') fates.add('disk');
    if (port !== null && pointing.test(kind)) fates.add(`port ${port}`);
    if (port === null && atDatabase.test(kind)) {
      const accused = accusedBy(picture, ill.name, text);
      if (accused !== null) fates.add(`${kind} ${accused}`);
    }
  }
  const speaks = ill.complaints.some(({ kind, isNew }) => isNew && ofSettings.test(kind));
  for (const { path, atMs, service } of picture.changes) {
    const isIts = service === ill.name || (service === null && speaks);
    if (path !== null && isIts && ill.sinceMs >= atMs && ill.sinceMs - atMs <= togetherMs)
      fates.add(`file ${path}`);
  }
  return [...fates];
}

/** Of a complaint without an address: the dependency that it names, else the only database. */
function accusedBy(picture: Picture, name: string, text: string): string | null {
  const needs = linksOf(picture, name).map(({ to }) => to);
  const named = needs.find((to) => mentions(text, to));
  if (named !== undefined) return named;
  const databases = needs.filter((to) => picture.services.get(to)?.kind === 'database');
  return databases.length === 1 ? (databases[0] ?? null) : null;
}
