/**
 * Keeps evidence of a run as files in `.fettle/evidence/<run>/` before anything is done.
 *
 * Bounded to 5 s and 20 MB a run, and to the newest runs that fit into 200 MB. Evidence never holds
 * up the cure: what is late, unreadable or has no room is left out.
 */
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { conceal } from '../../conceal.ts';
import type { SupervisorLink } from '../../parts.ts';
import { allEvidence } from './all.ts';
import type { EvidenceDeps, EvidenceKind } from './evidence-kind.ts';

export type EvidenceItem = Readonly<{ what: string; of: string | null }>;
export type EvidenceOptions = Pick<EvidenceDeps, 'logs' | 'journal' | 'files'> &
  Readonly<{
    link: Pick<SupervisorLink, 'instances'>;
    /** `.fettle`. */
    stateDir: string;
  }>;

const wholeMs = 5_000;
const runBytes = 20 * 1_048_576;
const allBytes = 200 * 1_048_576;
const maxRuns = 200;

/** Relative to the state folder, in the order of the items; never rejects. */
export async function keepEvidence(
  runId: string,
  items: readonly EvidenceItem[],
  options: EvidenceOptions,
): Promise<readonly string[]> {
  const name = runId.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '_');
  const folder = join('evidence', name);
  const deadlineMs = performance.now() + wholeMs;
  try {
    await mkdir(join(options.stateDir, folder), { recursive: true, mode: 0o700 });
  } catch {
    return [];
  }
  const room = { bytes: runBytes };
  const kept = await Promise.all(
    unique(items).map((item) => keepOne(item, folder, { room, deadlineMs, options })),
  );
  await prune(join(options.stateDir, 'evidence'), name).catch(() => undefined);
  return kept.filter((file) => file !== null);
}

function unique(items: readonly EvidenceItem[]): readonly EvidenceItem[] {
  return [...new Map(items.map((item) => [`${item.what}(${item.of})`, item])).values()];
}

type Keeping = Readonly<{
  /** Counts down. */
  room: { bytes: number };
  deadlineMs: number;
  options: EvidenceOptions;
}>;

async function keepOne(
  { what, of }: EvidenceItem,
  folder: string,
  { room, deadlineMs, options }: Keeping,
): Promise<string | null> {
  const kind = allEvidence.find((one) => one.what === what);
  if (kind === undefined) return null;
  const { stateDir, link, logs, journal, files } = options;
  const views = of === null ? [] : link.instances().filter(({ service }) => service === of);
  const nowMs = Date.now();
  const text = await gatherInTime(
    kind,
    { views, service: of, logs, journal, files, nowMs },
    deadlineMs,
  );
  if (text === null) return null;
  const clean = text.split('\n').map(conceal).join('\n');
  const bytes = Buffer.from(clean).subarray(0, Math.max(0, room.bytes));
  room.bytes -= bytes.length;
  const file = join(
    folder,
    `${what}${of === null ? '' : `-${of.replaceAll(/[^\w.-]/g, '_')}`}.txt`,
  );
  try {
    const head = `Fettle evidence, ${new Date(nowMs).toISOString()}: ${what}${of === null ? '' : ` of ${of}`}\n\n`;
    await writeFile(join(stateDir, file), Buffer.concat([Buffer.from(head), bytes]), {
      mode: 0o600,
    });
    return file;
  } catch {
    return null;
  }
}

async function gatherInTime(
  kind: EvidenceKind,
  deps: EvidenceDeps,
  deadlineMs: number,
): Promise<string | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), Math.max(0, deadlineMs - performance.now()));
  try {
    return await Promise.race([kind.gather(deps), late.promise]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** The oldest runs leave first; the one at hand stays. */
async function prune(folder: string, present: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const runs = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && entry.name !== present)
      .map(async ({ name }) => ({ name, ...(await sizeOf(join(folder, name))) })),
  );
  let total = (await sizeOf(join(folder, present))).bytes;
  const newestFirst = runs.toSorted((a, b) => b.modifiedMs - a.modifiedMs);
  for (const [at, { name, bytes }] of newestFirst.entries()) {
    total += bytes;
    if (at + 1 < maxRuns && total <= allBytes) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function sizeOf(folder: string): Promise<Readonly<{ bytes: number; modifiedMs: number }>> {
  const { mtimeMs } = await stat(folder);
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), modifiedMs: mtimeMs };
}
