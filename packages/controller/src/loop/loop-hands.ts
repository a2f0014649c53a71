/** What the loop reaches the world with; built in `open-hands.ts`, replaced by a small fake in tests. */
import type { Incident } from '@fettle/core/incident/incident';
import type { ServiceExam } from '@fettle/core/loop/collect/exam';
import type { LoopEffect } from '@fettle/core/loop-effect';
import type { FactCall, Value } from '@fettle/core/loop/plan/expression/expression';
import type { Actions } from './actions/act-once.ts';
import type { Post } from './notify/post.ts';

export type Told = Extract<LoopEffect, Readonly<{ kind: 'notify' }>>['change'];

export type LoopHands = Readonly<{
  examine(services: readonly string[]): Promise<readonly ServiceExam[]>;
  /** One answer per call; null where it could not be read in time. */
  answer(calls: readonly FactCall[], timeoutMs: number): Promise<readonly Value[]>;
  /** Files that hold the evidence, relative to the state folder. */
  keepEvidence(
    runId: string,
    items: readonly Readonly<{ what: string; of: string | null }>[],
  ): Promise<readonly string[]>;
  actions: Actions;
  notify(incident: Incident, change: Told): void;
  /** Messages of the last days and what became of them, oldest first. */
  deliveries(): ReturnType<Post['deliveries']>;
  /** From now on the dead-man calls are made while this holds. */
  watchOver(isAlive: () => boolean): void;
  stop(): Promise<void>;
}>;
