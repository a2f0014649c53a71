/** Real trouble for the soak: what it does to a service, so that alarms can be told from false ones. */
import type { Observation } from '@fettle/core/loop/collect/observation';
import type { Dice } from '../dice.ts';
import { wellIll } from './everyday.ts';
import { restart, type SoakService } from './soak-service.ts';

export const faultKinds = [
  'crash-loop',
  'hang',
  'stopped',
  'unready',
  'errors',
  'slow',
  'spin',
  'leak',
  'flood',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export type SoakFault = {
  readonly kind: FaultKind;
  readonly target: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** When a symptom first named it; null: not yet. */
  seenMs: number | null;
};

export function pickFault(dice: Dice, one: SoakService, nowMs: number): SoakFault | null {
  const kind = dice.pick(faultKinds);
  // What nobody could see is no fault: too little traffic to fail or to be slow.
  if ((kind === 'errors' || kind === 'slow') && one.life.character.rps < 0.5) return null;
  const lastsMs = (kind === 'leak' ? 90 : dice.int(5, 20)) * 60_000;
  return { kind, target: one.service.name, fromMs: nowMs, untilMs: nowMs + lastsMs, seenMs: null };
}

/** What the fault does now. */
export function afflict(one: SoakService, fault: SoakFault, nowMs: number): Observation[] {
  const { ill, character } = one.life;
  ill.sinceMs = fault.fromMs;
  switch (fault.kind) {
    case 'crash-loop':
      return nowMs > one.view.startedAtMs! + 3_000 ? restart(one, null, 600_000, nowMs) : [];
    case 'hang':
      one.silentUntilMs = nowMs + 1_000;
      return [];
    case 'stopped':
      one.silentUntilMs = nowMs + 1_000;
      return [stateOf(one, nowMs, 'T')];
    case 'unready':
      one.brokenUntilMs = nowMs + 1_000;
      return [];
    case 'errors':
      ill.failing = 0.5;
      return [];
    case 'slow':
      ill.slower = 12;
      return [];
    case 'spin':
      ill.cpu = 1;
      ill.slower = 40;
      return [];
    case 'leak': {
      const limitMiB = (one.service.limits.memoryBytes ?? 0) / 1_048_576;
      ill.leakMiBPerS = Math.max(limitMiB, character.memoryMiB) / 4_000;
      return [];
    }
    case 'flood':
      ill.floodLines = 500;
      return [];
    default:
      return fault.kind satisfies never;
  }
}

/** Somebody mends it, by hand, with a restart. */
export function mend(one: SoakService, nowMs: number): Observation[] {
  one.life.ill = wellIll();
  one.silentUntilMs = 0;
  one.brokenUntilMs = 0;
  const { name } = one.service;
  return [
    { kind: 'intended', atMs: nowMs, service: name, want: 'restart' },
    ...restart(one, 'operator-restart', 3_000, nowMs),
    stateOf(one, nowMs, 'S'),
  ];
}

export function stateOf({ view }: SoakService, atMs: number, state: string): Observation {
  const { service, instance } = view;
  return {
    kind: 'process-states',
    atMs,
    states: [{ service, instance, pid: view.pid ?? 1, state, zombies: 0 }],
  };
}
