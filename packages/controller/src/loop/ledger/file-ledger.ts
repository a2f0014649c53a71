/**
 * The ledger of files: which ones the services read, when each changed, and the last version with
 * which a service was well, so that a bad edit can be taken back.
 *
 * A version is good when every live service that reads it was started after the edit and stayed
 * well for a while. A run that began before the edit proves nothing: it may never have read it. Nor
 * does a run that is well itself while those who need it fell ill since: two ends that no longer
 * understand each other are both well alone.
 */
import type { Change } from '@fettle/core/loop/collect/change';
import { defaultPolicy } from '@fettle/core/loop/plan/policy';
import type { Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Disposer, HealthPart, SupervisorLink } from '../../parts.ts';
import type { WatchedFiles } from '../actions/action-world.ts';
import { filesOf, maxFileBytes, type NamedFile } from '../named-files.ts';
import { hashOf, openGoodStore, type GoodStore } from './good-store.ts';
import { watchFiles, type FileWatch } from './watch-files.ts';

export type FileState = Readonly<{
  /** null: not since it is watched. */
  changedAtMs: number | null;
  differsFromGood: boolean;
  hasGood: boolean;
}>;

export type FileLedger = WatchedFiles &
  Readonly<{
    /** null: not watched. */
    state(path: string): FileState | null;
    onChange(listener: (change: Change) => void): Disposer;
    /** Who fails its users proves nothing, though all checks pass. */
    doubt(fails: (service: string) => boolean): void;
    stop(): Promise<void>;
  }>;

export type LedgerOptions = Readonly<{
  link: Pick<SupervisorLink, 'stack' | 'instances' | 'onSnapshot' | 'onNotice'>;
  health: Pick<HealthPart, 'checks'>;
  /** `.fettle`. */
  stateDir: string;
  nowMs: () => number;
  /** How long a service must stay well with a version; as `heal.good_after` says unless told. */
  keepAfterMs?: number;
  /** How often what a watch missed is looked for; 5 s unless told. */
  everyMs?: number;
  /** A file that is written in two steps within this time changed once; 1 s unless told. */
  sameChangeMs?: number;
  /** A version could not be kept: full disk, a read-only folder. */
  onTrouble: (cause: unknown) => void;
}>;

type Entry = {
  readonly path: string;
  readonly kind: NamedFile['kind'];
  /** Names of the services that read it; empty: the config of the stack itself. */
  services: readonly string[];
  /** null: gone. */
  hash: string | null;
  /** When the content became what it is, wall clock; by the file's own word at first sight. */
  sinceMs: number;
  /** Its modification time. */
  writtenMs: number;
  changedAtMs: number | null;
  /** When it changed lately, to tell data from configuration. */
  changes: number[];
};

type Shell = Readonly<{
  options: LedgerOptions;
  store: GoodStore;
  entries: Map<string, Entry>;
  /** Written by a service itself: no configuration. */
  ignored: Set<string>;
  /** Since when a service is well throughout, wall clock. */
  wellSince: Map<string, number>;
  /** Since when a service that was well is not, wall clock. */
  illSince: Map<string, number>;
  listeners: Set<(change: Change) => void>;
}> & {
  fails: (service: string) => boolean;
  watch: FileWatch;
  queue: Promise<void>;
  timer: NodeJS.Timeout | null;
  stopped: boolean;
};

const maxEntries = 500;
/** An older time of the file was set by hand, or by a copy that keeps it. */
const mostLateMs = 60_000;
const noisyChanges = 5;
const noisyWithinMs = 600_000;
const defaultSameChangeMs = 1_000;

export function openFileLedger(options: LedgerOptions): FileLedger {
  const { link } = options;
  const everyMs = options.everyMs ?? 5_000;
  const shell: Shell = {
    options,
    store: openGoodStore(options.stateDir),
    entries: new Map(),
    ignored: new Set(),
    wellSince: new Map(),
    illSince: new Map(),
    listeners: new Set(),
    watch: watchFiles({ everyMs, onChange: (path) => later(shell, () => see(shell, path)) }),
    fails: () => false,
    queue: Promise.resolve(),
    timer: null,
    stopped: false,
  };
  const disposers = [
    link.onSnapshot(() => refresh(shell)),
    link.onNotice((notice) => {
      if (notice.kind === 'stack-changed') refresh(shell);
      if (notice.kind === 'instance-changed') noteWell(shell, notice.view.service);
    }),
  ];
  refresh(shell);
  const reviewMs = Math.min(everyMs, keepAfterMs(options) / 4);
  shell.timer = setInterval(() => review(shell), reviewMs).unref();
  return {
    watched: () => [...shell.entries.values()].flatMap(rowsOf),
    goodVersion: (path) => goodVersion(shell, path),
    state: (path) => stateOf(shell, path),
    doubt(fails) {
      shell.fails = fails;
    },
    onChange(listener) {
      shell.listeners.add(listener);
      return () => void shell.listeners.delete(listener);
    },
    async stop() {
      shell.stopped = true;
      if (shell.timer !== null) clearInterval(shell.timer);
      for (const dispose of disposers) dispose();
      shell.watch.stop();
      await shell.queue;
      flush(shell);
    },
  };
}

function keepAfterMs({ keepAfterMs: told, link }: LedgerOptions): number {
  return told ?? link.stack()?.heal?.goodAfterMs ?? defaultPolicy.goodAfterMs;
}

function rowsOf({ path, kind, services }: Entry): ReturnType<FileLedger['watched']> {
  const readers = services.length === 0 ? [null] : services;
  return readers.map((service) => ({ path, service, secret: kind === 'secret' }));
}

function goodVersion({ store }: Shell, path: string): ReturnType<FileLedger['goodVersion']> {
  const good = store.record(path)?.good.at(-1);
  const bytes = good === undefined ? null : store.read(good.hash);
  return good === undefined || bytes === null ? null : { hash: good.hash, bytes };
}

function stateOf({ entries, store }: Shell, path: string): FileState | null {
  const entry = entries.get(path);
  if (entry === undefined) return null;
  const good = store.record(path)?.good.at(-1) ?? null;
  const differsFromGood = good !== null && good.hash !== entry.hash;
  return { changedAtMs: entry.changedAtMs, differsFromGood, hasGood: good !== null };
}

/** One after the other: two looks at one file must not overtake each other. */
function later(shell: Shell, work: () => Promise<void>): void {
  shell.queue = shell.queue.then(work).catch(shell.options.onTrouble);
}

function refresh(shell: Shell): void {
  const { entries, ignored, options } = shell;
  const stack = options.link.stack();
  if (stack === null) return;
  const wanted = new Map<string, { kind: NamedFile['kind']; services: string[] }>();
  for (const path of stack.files) wanted.set(path, { kind: 'config', services: [] });
  for (const service of stack.services)
    for (const { path, kind } of filesOf(service)) {
      const known = wanted.get(path);
      if (known !== undefined) known.services.push(service.name);
      else if (wanted.size < maxEntries && !ignored.has(path))
        wanted.set(path, { kind, services: [service.name] });
    }
  for (const path of entries.keys()) if (!wanted.has(path)) entries.delete(path);
  for (const [path, { kind, services }] of wanted) {
    const known = entries.get(path);
    if (known !== undefined) known.services = services;
    else {
      entries.set(path, { path, kind, services, ...unseen });
      later(shell, () => seeFirst(shell, path));
    }
  }
  shell.watch.set(new Set(wanted.keys()));
  for (const { name } of stack.services) noteWell(shell, name);
}

const unseen = { hash: null, sinceMs: 0, writtenMs: 0, changedAtMs: null, changes: [] };

/** What changed while nobody watched is told with the time that the file tells. */
async function seeFirst(shell: Shell, path: string): Promise<void> {
  const entry = shell.entries.get(path);
  if (entry === undefined) return;
  entry.changes = [];
  const before = shell.store.record(path);
  const now = await readFile(path);
  entry.hash = now?.hash ?? null;
  entry.sinceMs = now?.changedMs ?? Date.now();
  entry.writtenMs = now?.writtenMs ?? 0;
  shell.store.saw(path, entry.hash);
  if (before !== null && before.seenHash !== entry.hash)
    tell(shell, entry, before.seenHash === null, entry.sinceMs);
  flush(shell);
}

async function see(shell: Shell, path: string): Promise<void> {
  const entry = shell.entries.get(path);
  if (entry === undefined || shell.stopped) return;
  const now = await readFile(path);
  const hash = now?.hash ?? null;
  if (hash === entry.hash) return;
  const created = entry.hash === null;
  const wallMs = Date.now();
  const sameMs = shell.options.sameChangeMs ?? defaultSameChangeMs;
  const isSame = entry.changedAtMs !== null && wallMs - entry.sinceMs < sameMs;
  entry.hash = hash;
  entry.sinceMs = now?.changedMs ?? wallMs;
  entry.writtenMs = now?.writtenMs ?? 0;
  shell.store.saw(path, hash);
  flush(shell);
  if (isSame && !created && hash !== null) return;
  if (isNoisy(entry, wallMs)) ignore(shell, entry);
  else tell(shell, entry, created, shell.options.nowMs() - agoMs(entry, wallMs));
}

/** A watch may be late, and a run that was started since has read the new version. */
function agoMs({ sinceMs }: Entry, wallMs: number): number {
  const ago = Math.floor(wallMs - sinceMs);
  return ago > 0 && ago <= mostLateMs ? ago : 0;
}

/** Named by nobody's config and changing all the time: the service's own data. */
function isNoisy(entry: Entry, wallMs: number): boolean {
  entry.changes = [...entry.changes, wallMs].filter((atMs) => wallMs - atMs < noisyWithinMs);
  return entry.kind === 'file' && entry.changes.length >= noisyChanges;
}

function ignore({ ignored, entries, watch }: Shell, { path }: Entry): void {
  ignored.add(path);
  entries.delete(path);
  watch.set(new Set(entries.keys()));
}

function tell(shell: Shell, entry: Entry, created: boolean, atMs: number): void {
  const { path, kind, hash, services } = entry;
  entry.changedAtMs = atMs;
  const { stack } = shell.options.link;
  const told = relative(stack()?.dir ?? '/', path);
  const name = told.startsWith('..') ? path : told;
  const how = hash === null ? 'removed' : created ? 'created' : 'edited';
  // What we put back ourselves is no intervention of anybody.
  const own = hash !== null && isOwnDoing(shell, path, hash);
  const change = {
    atMs,
    kind: own ? ('runbook' as const) : kind,
    actor: own ? 'fettle' : 'file system',
    text: `${name} ${own ? 'put back' : how}`,
    path,
  };
  for (const service of services.length === 0 ? [null] : services)
    for (const listener of shell.listeners) listener({ ...change, service });
}

function isOwnDoing({ store, options }: Shell, path: string, hash: string): boolean {
  if (store.record(path)?.good.at(-1)?.hash === hash) return true;
  return existsSync(join(options.stateDir, 'replaced', hash));
}

function noteWell(shell: Shell, service: string): void {
  const { wellSince, illSince } = shell;
  const { link, health } = shell.options;
  const views = link.instances().filter((view) => view.service === service);
  const isWell = (view: InstanceView): boolean =>
    view.state === 'done' ||
    (view.state === 'running' &&
      view.ready &&
      health.checks(view.instance).every(({ up }) => up !== false));
  if (views.length === 0 || !views.every(isWell) || shell.fails(service)) {
    if (wellSince.delete(service)) illSince.set(service, Date.now());
    return;
  }
  illSince.delete(service);
  if (!wellSince.has(service)) wellSince.set(service, Date.now());
}

/** Keeps what has proved itself since. */
function review(shell: Shell): void {
  const { entries, store, options } = shell;
  const pending = [...entries.values()].filter(
    ({ path, hash, services }) =>
      hash !== null && services.length > 0 && store.record(path)?.good.at(-1)?.hash !== hash,
  );
  if (pending.length === 0) return;
  const concerned = pending.flatMap((entry) => [...entry.services, ...usersOf(shell, entry)]);
  for (const service of new Set(concerned)) noteWell(shell, service);
  const afterMs = keepAfterMs(options);
  for (const entry of pending)
    if (isProven(shell, entry, afterMs)) later(shell, () => keep(shell, entry));
}

/** Those who need a reader of it, and are to run. */
function usersOf({ options }: Shell, { services }: Entry): readonly string[] {
  const resting = new Set(['stopped', 'stopping', 'done']);
  const runs = options.link.instances().filter(({ state }) => !resting.has(state));
  const live = new Set(runs.map(({ service }) => service));
  return (options.link.stack()?.services ?? [])
    .filter(({ name, dependsOn }) => {
      const needs = dependsOn.some(({ service }) => services.includes(service));
      return needs && live.has(name) && !services.includes(name);
    })
    .map(({ name }) => name);
}

function isProven(shell: Shell, entry: Entry, afterMs: number): boolean {
  const { options, wellSince, illSince } = shell;
  const wallMs = Date.now();
  if (isUnread(entry, options.link.stack())) return false;
  const bringsIllness = usersOf(shell, entry).some(
    (name) => (illSince.get(name) ?? 0) >= Math.floor(entry.sinceMs),
  );
  if (bringsIllness) return false;
  const readers = options.link
    .instances()
    .filter(
      ({ service, pid, state }) =>
        entry.services.includes(service) && (pid !== null || state === 'done'),
    );
  return (
    readers.length > 0 &&
    readers.every(({ service, startedAtMs, lastExit }) => {
      const startMs = startedAtMs ?? lastExit?.atMs ?? 0;
      const sinceMs = wellSince.get(service) ?? wallMs;
      return startMs >= Math.floor(entry.sinceMs) && wallMs - sinceMs >= afterMs;
    })
  );
}

/** An env file is read when the config is applied: a later edit reached nobody yet. */
function isUnread({ path, writtenMs }: Entry, stack: Stack | null): boolean {
  const isEnvFile = stack?.services.some(({ envFiles }) => envFiles?.includes(path)) ?? false;
  return isEnvFile && (stack?.configModifiedAtMs ?? 0) < Math.floor(writtenMs);
}

async function keep(shell: Shell, entry: Entry): Promise<void> {
  const now = await readFile(entry.path);
  // Edited again meanwhile: that version has to prove itself.
  if (now === null || now.hash !== entry.hash || shell.stopped) return;
  shell.store.keep(entry.path, now.bytes, shell.options.nowMs());
  flush(shell);
}

function flush({ store, options }: Shell): void {
  try {
    store.flush();
  } catch (cause) {
    options.onTrouble(cause);
  }
}

type Content = Readonly<{ bytes: Buffer; hash: string; changedMs: number; writtenMs: number }>;

/** null: gone, unreadable, no plain file, or too large to keep. */
async function readFile(path: string): Promise<Content | null> {
  try {
    const file = await open(path, 'r');
    try {
      const facts = await file.stat();
      if (!facts.isFile() || facts.size > maxFileBytes) return null;
      const bytes = await file.readFile();
      const { ctimeMs, mtimeMs } = facts;
      return { bytes, hash: hashOf(bytes), changedMs: ctimeMs, writtenMs: mtimeMs };
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
