/** A small world for the collectors' tests: what listeners hear is said by the test. */
import type { Observation } from '@fettle/core/loop/collect/observation';
import type { Why } from '@fettle/core/loop/diagnose/why-input';
import type { Stack } from '@fettle/core/stack/service';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { InstanceFigures, LinesListener, OwnPause, ProbeSeen } from '../../parts.ts';
import type { CollectorDeps } from './collector.ts';

export type World = Readonly<{
  deps: CollectorDeps;
  seen: Observation[];
  /** Kinds of journal events. */
  told: string[];
  notice(notice: Notice): void;
  snapshot(): void;
  probe(probe: ProbeSeen): void;
  pause(pause: OwnPause): void;
  look(instances: readonly InstanceFigures[]): void;
  lines: LinesListener;
  explain(service: string, why: Why | null): void;
}>;

export function aWorld(stack: Stack | null, views: readonly InstanceView[]): World {
  // A process of its own where the view names one.
  const pids = (id: string): readonly number[] =>
    views.flatMap(({ instance, pid }) => (instance === id && pid !== null ? [pid] : []));
  const notices = listeners<[Notice, number]>();
  const snapshots = listeners<[]>();
  const probes = listeners<[ProbeSeen]>();
  const pauses = listeners<[OwnPause]>();
  const looks = listeners<[readonly InstanceFigures[]]>();
  const lines = listeners<Parameters<LinesListener>>();
  const changes = listeners<[string]>();
  const whys = new Map<string, Why | null>();
  const told: string[] = [];
  return {
    seen: [],
    told,
    notice: (notice) => notices.tell(notice, 0),
    snapshot: snapshots.tell,
    probe: probes.tell,
    pause: pauses.tell,
    look: looks.tell,
    lines: lines.tell,
    explain(service, why) {
      whys.set(service, why);
      changes.tell(service);
    },
    deps: {
      link: {
        connected: () => true,
        stack: () => stack,
        instances: () => views,
        instance: (id) => views.find(({ instance }) => instance === id) ?? null,
        request: () => Promise.resolve(null),
        onNotice: notices.on,
        onSnapshot: snapshots.on,
      },
      health: { onProbe: probes.on, onPause: pauses.on },
      figures: { onLook: looks.on, pids },
      logs: { onLines: lines.on },
      why: { why: (service) => whys.get(service) ?? null, onChange: changes.on },
      journal: {
        append(event) {
          told.push(event.kind);
          return { ...event, seq: 1, at: '' };
        },
      },
      errors: { onReports: () => () => undefined },
      files: null,
      nowMs: () => 1_000,
    },
  };
}

function listeners<Said extends readonly unknown[]>() {
  const all = new Set<(...said: Said) => void>();
  return {
    on(listener: (...said: Said) => void) {
      all.add(listener);
      return () => void all.delete(listener);
    },
    tell(...said: Said) {
      for (const listener of all) listener(...said);
    },
  };
}
