/**
 * Room and inodes of the file systems that the services use. A mount that does not answer (a dead
 * network share) holds up nobody: its next look waits until the last one came back.
 */
import type { Sample } from '@fettle/core/loop/collect/metric';
import type { SupervisorLink } from '../../parts.ts';
import { lookAtMounts, mountsOf, readDisk } from '../disk-places.ts';
import type { Collector } from './collector.ts';
import { startPaced } from './pace.ts';

const everyMs = 10_000;
/** Which mounts are used changes seldom. */
const placesEveryMs = 60_000;
const refreshAfterMs = 500;
const maxMounts = 32;

export const disksCollector: Collector = {
  name: 'disks',
  start({ link, emit, budget, nowMs }) {
    const pending = new Set<string>();
    let places: readonly string[] = [];
    let due: NodeJS.Timeout | undefined;
    const refresh = (): void => void (places = usedMounts(link));
    // Several changes come together: one look through all paths is enough for them.
    const refreshSoon = (): void => {
      clearTimeout(due);
      due = setTimeout(() => budget.spend('disks', refresh), refreshAfterMs).unref();
    };
    const disposers = [
      link.onSnapshot(refreshSoon),
      link.onNotice(({ kind }) => {
        if (kind === 'stack-changed') refreshSoon();
      }),
    ];
    const readOne = async (path: string): Promise<void> => {
      if (pending.has(path)) return;
      pending.add(path);
      const samples = await samplesOf(path);
      pending.delete(path);
      if (samples.length > 0) emit([{ kind: 'sampled', atMs: nowMs(), samples }]);
    };
    const stops = [
      // Dear beside the look itself: on one pace with it, room would be looked at too seldom.
      startPaced({ name: 'disks', everyMs: placesEveryMs, budget, look: refresh }),
      startPaced({
        name: 'disks',
        everyMs,
        budget,
        look() {
          for (const path of places) void readOne(path);
        },
      }),
    ];
    return () => {
      clearTimeout(due);
      for (const stop of stops) stop();
      for (const dispose of disposers) dispose();
    };
  },
};

function usedMounts(link: SupervisorLink): readonly string[] {
  const mounted = lookAtMounts();
  const found = new Set<string>();
  const views = Map.groupBy(link.instances(), ({ service }) => service);
  for (const service of link.stack()?.services ?? [])
    for (const path of mountsOf(service, views.get(service.name) ?? [], mounted).keys())
      found.add(path);
  return [...found].slice(0, maxMounts);
}

async function samplesOf(path: string): Promise<readonly Sample[]> {
  const disk = await readDisk(path);
  if (disk === null) return [];
  const subject = `@disk:${path}`;
  const { usedRatio, freeBytes, inodesUsedRatio } = disk;
  const samples: Sample[] = [
    { subject, metric: 'disk_used_ratio', value: usedRatio },
    { subject, metric: 'disk_free_bytes', value: freeBytes },
  ];
  if (inodesUsedRatio !== null)
    samples.push({ subject, metric: 'inodes_used_ratio', value: inodesUsedRatio });
  return samples;
}
