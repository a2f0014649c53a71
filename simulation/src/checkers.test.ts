/** Each rule is broken on purpose: a checker that cannot fail proves nothing. */
import { expect, test } from 'vitest';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import { step } from '@fettle/core/supervise/step';
import type { Rule } from './checkers.ts';
import type { Policy } from './fake-shell.ts';
import { simulate } from './simulate.ts';

const SEEDS = [1, 2, 3, 4, 5, 6];

/** Some of these seeds must show the rule broken. */
function check(rule: Rule, policy: Policy): void {
  const broken = new Set<Rule>();
  for (const seed of SEEDS) {
    for (const violation of simulate({ seed, hours: 2, policy }).violations) {
      broken.add(violation.rule);
    }
    if (broken.has(rule)) break;
  }
  expect([...broken]).toContain(rule);
}

/** The right policy, with its effects changed on the way out. */
const withEffects =
  (change: (effect: SuperviseEffect) => readonly SuperviseEffect[]): Policy =>
  (state, event, at) =>
    step(state, event, at).flatMap(change);

test('two services on one port are noticed', () =>
  check(
    'one-owner-per-port',
    withEffects((effect) => {
      const isServer = effect.kind === 'spawn' && 'PORT' in effect.environment;
      if (!isServer) return [effect];
      return [{ ...effect, environment: { ...effect.environment, PORT: '8000' } }];
    }),
  ));

test('a second run of an instance is noticed', () =>
  check(
    'one-run-per-instance',
    withEffects((effect) =>
      effect.kind === 'spawn' ? [effect, { ...effect, token: `${effect.token}-twin` }] : [effect],
    ),
  ));

test('a start without its dependencies is noticed', () =>
  check('dependencies-respected', (state, event, at) => {
    for (const { definition } of state.services.values()) {
      Object.assign(definition, { dependsOn: [...definition.dependsOn] });
    }
    const effects = step(state, event, at);
    for (const record of state.services.values()) {
      record.offer = { started: true, healthy: true, completed: true, down: false };
    }
    return effects;
  }));

test('a restart beyond the intensity is noticed', () =>
  check('intensity-respected', (state, event, at) => {
    for (const instance of state.instances.values()) instance.recentMs = [];
    return step(state, event, at);
  }));

test('a wait without a timer is noticed', () =>
  check(
    'waits-bounded',
    withEffects((effect) =>
      effect.kind === 'arm' && effect.timer.startsWith('backoff:') ? [] : [effect],
    ),
  ));

test('a stop that is not carried out is noticed', () =>
  check(
    'stopped-stays-stopped',
    withEffects((effect) =>
      effect.kind === 'signal' || effect.kind === 'kill-tree' ? [] : [effect],
    ),
  ));

test('a signal to a process that is not ours is noticed', () =>
  check(
    'signals-only-ours',
    withEffects((effect) => (effect.kind === 'signal' ? [{ ...effect, token: 'e0-1' }] : [effect])),
  ));

test('a service that stays down is noticed', () =>
  check('healthy-after-faults', (state, event, at) =>
    event.kind === 'health-reported' && event.token.endsWith('7') ? [] : step(state, event, at),
  ));

test('a down that does not end is noticed', () =>
  check(
    'down-ends',
    withEffects((effect) => (effect.kind === 'halt' ? [] : [effect])),
  ));
