/**
 * What a log, or a service's own answer to a check, complains about, in kinds: refused, timed out,
 * no such module, …
 *
 * The wording of Node, Python, Go, Java, Ruby, Rust, .NET and the shells, PostgreSQL, MySQL, Redis.
 * A kind is no cause: a rule asks for it together with what a closer look found. A wording that
 * the service has always used says little; so a complaint tells whether it is new.
 */
import type { ServicePicture } from '../collect/picture.ts';
import type { Template } from '../collect/template-tree.ts';
import type { ComplaintKind } from './complaint-kinds.ts';
import { kindsOf } from './complaint-words.ts';

export type Complaint = Readonly<{
  kind: ComplaintKind;
  /** A line that says it, at most 300 characters. */
  text: string;
  atMs: number;
  /** How often since the window began. */
  count: number;
  /** Not said in the time before the window. */
  isNew: boolean;
  /** It fell silent while other complaints go on. */
  isOver: boolean;
  /** The address that it names; null: none. */
  host: string | null;
  port: number | null;
}>;

/** Last said well before the trouble began, and then it was healthy for so long. */
const recoveredMs = 20_000;
const onsetMs = 5_000;

/** So often said, its silence says something, too. */
const often = 5;

/**
 * What was complained of before and never again since it got well is another story; so is what was
 * said all the time and fell silent.
 */
export function lasting(
  complaints: readonly Complaint[],
  { healthyMs }: ServicePicture,
  sinceMs: number,
): readonly Complaint[] {
  return complaints.map((one) => {
    const recovered = healthyMs !== null && healthyMs - one.atMs >= recoveredMs;
    const before = one.atMs < sinceMs - onsetMs || one.count >= often;
    return recovered && before ? { ...one, isOver: true } : one;
  });
}

/** What was not said for so long while others were is over. */
const silentMs = 15_000;

/** Since `sinceMs`, by kind; of one kind each address once, newest last. */
export function complaintsOf(
  service: ServicePicture,
  sinceMs: number,
  nowMs: number,
): readonly Complaint[] {
  const key = `${sinceMs} ${nowMs} ${service.templates.seen().lines} ${service.whys.length}`;
  const before = answered.get(service);
  if (before?.key === key) return before.complaints;
  const complaints = readComplaints(service, sinceMs, nowMs);
  answered.set(service, { key, complaints });
  return complaints;
}

/** Fifty callers ask about each other within one step: the last answer of each is kept. */
const answered = new WeakMap<
  ServicePicture,
  Readonly<{ key: string; complaints: readonly Complaint[] }>
>();

function readComplaints(
  service: ServicePicture,
  sinceMs: number,
  nowMs: number,
): readonly Complaint[] {
  const found = new Map<string, Complaint>();
  for (const said of saidSince(service, sinceMs, nowMs)) {
    const kinds = kindsOf(said.text);
    if (kinds.length === 0) continue;
    const { host, port } = addressIn(said.text);
    for (const kind of kinds) {
      const key = `${kind} ${host ?? ''}:${port ?? ''}`;
      found.set(key, joined(found.get(key), { kind, ...said, host, port, isOver: false }));
    }
  }
  const newestMs = Math.max(0, ...[...found.values()].map(({ atMs }) => atMs));
  return [...found.values()]
    .map((one) => ({ ...one, isOver: newestMs - one.atMs > silentMs }))
    .toSorted((a, b) => a.atMs - b.atMs);
}

function joined(known: Complaint | undefined, more: Rough): Complaint {
  if (known === undefined) return { ...more, isNew: more.isNew ?? true };
  const newer = more.atMs >= known.atMs ? more : known;
  const isNew = more.isNew === null ? known.isNew : more.isNew || known.isNew;
  return { ...newer, count: known.count + more.count, isNew };
}

/** `isNew` null: a single line, whose template tells. */
type Rough = Omit<Complaint, 'isNew'> & Readonly<{ isNew: boolean | null }>;
type Said = Pick<Rough, 'text' | 'atMs' | 'count' | 'isNew'>;

/** Templates with how often, lines that are too fresh or too rare for one, quotes of `why`. */
function saidSince(service: ServicePicture, sinceMs: number, nowMs: number): readonly Said[] {
  const told = new Set<string>();
  const said: Said[] = [];
  for (const one of service.templates.templates()) {
    if (one.lastMs < sinceMs) continue;
    const count = Math.max(1, service.templates.countSince(one.id, sinceMs, nowMs));
    told.add(one.example);
    said.push({
      text: one.example,
      atMs: one.lastMs,
      count,
      isNew: isFresh(service, one, sinceMs, nowMs),
    });
  }
  for (const { line, atMs } of service.tail)
    if (atMs >= sinceMs && !told.has(line)) {
      told.add(line);
      said.push({ text: line, atMs, count: 1, isNew: null });
    }
  for (const { atMs: quotedMs, why } of service.whys)
    for (const one of why.evidence) {
      // A quote is as old as the line: `why` goes on telling of the run before.
      const atMs = one.atMs ?? quotedMs;
      if (one.kind !== 'log' || atMs < sinceMs || told.has(one.text)) continue;
      said.push({ text: one.text, atMs, count: 1, isNew: null });
    }
  return [...said, ...answersOf(service, sinceMs)];
}

/** What it says of itself when a check asks it: a body beside a bad status is a word of its own. */
function answersOf(service: ServicePicture, sinceMs: number): readonly Said[] {
  return [...service.checks.values()].flatMap(({ last, failingSinceMs, results }) => {
    const text = /^HTTP [45]\d\d: (.+)/s.exec(last.detail)?.[1];
    if (text === undefined || failingSinceMs === null || last.atMs < sinceMs) return [];
    const count = results.filter(({ atMs, ok }) => !ok && atMs >= failingSinceMs).length;
    return { text, atMs: last.atMs, count: Math.max(1, count), isNew: true };
  });
}

/** What was first said so shortly before the trouble led up to it. */
const leadMs = 120_000;
/** So long the service was known without. */
const withoutMs = 20_000;

/** Not said before, or at least three times as often per minute as in the hour before. */
function isFresh(
  { templates, firstSeenMs }: ServicePicture,
  { id, firstMs }: Template,
  sinceMs: number,
  nowMs: number,
): boolean {
  if (firstMs >= sinceMs) return true;
  if (sinceMs - firstMs <= leadMs && firstMs - firstSeenMs >= withoutMs) return true;
  const spanMs = Math.max(10_000, nowMs - sinceMs);
  const beforeMs = Math.max(10_000, Math.min(3_600_000, sinceMs - firstMs));
  const now = templates.countSince(id, sinceMs, nowMs) / spanMs;
  const before = templates.countSince(id, sinceMs - beforeMs, sinceMs) / beforeMs;
  return now >= 3 * before;
}

const addresses: readonly RegExp[] = [
  /host='([\w.-]+)', port=(\d+)/,
  /server at "([^"]+)"[^\n]{0,40}?port (\d+)/,
  /\('([\w.:-]+)', (\d+)[,)]/,
  /[Ff]ailed to connect to ([\w.-]+) port (\d+)/,
  /([A-Za-z0-9](?:[\w-]*\.)+[\w-]+|localhost|[a-z][\w-]+|\[[\da-fA-F:]+\]):(\d{2,5})(?![\d:.])/,
  /(\d{1,3}(?:\.\d{1,3}){3}):(\d{2,5})\b/,
];
const names: readonly RegExp[] = [
  /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)/,
  /host name "([^"]+)"/,
  /(?:resolve|lookup)(?: host)?:? '?"?([a-zA-Z][\w.-]+\w)/,
  /UnknownHostException: ([\w.-]+)/,
];

function addressIn(text: string): Readonly<{ host: string | null; port: number | null }> {
  for (const pattern of addresses) {
    const match = pattern.exec(text);
    const port = Number(match?.[2]);
    if (
      match !== null &&
      port > 0 &&
      port < 65_536 &&
      !/\.(?:[cm]?[jt]sx?|py|rb|go|java|rs)$/.test(match[1] ?? '')
    )
      return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
  }
  for (const pattern of names) {
    const match = pattern.exec(text);
    if (match !== null) return { host: match[1] ?? null, port: null };
  }
  return { host: null, port: null };
}
