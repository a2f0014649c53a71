import { describe, expect, test } from 'vitest';
import { needs, service, Stage } from '../collect/stage.contract.ts';
import { defaultPolicy } from './policy.ts';
import { stackFacts, type Cascade, type ServiceFacts } from './stack-facts.ts';

/** `web -> api -> db`, and two that stand alone. */
const five = () =>
  new Stage([
    service('db', { labels: { 'fettle.kind': 'database' } }),
    service('api', { dependsOn: needs('db') }),
    service('web', { dependsOn: needs('api') }),
    service('mail'),
    service('jobs'),
  ]);
const facts = (stage: Stage) => stackFacts(stage.picture, defaultPolicy, stage.nowMs);
const check = (stage: Stage, name: string, expected: Partial<ServiceFacts>) =>
  expect(facts(stage).services.get(name)).toMatchObject(expected);

describe('a service', () => {
  test('that is well', () =>
    check(five(), 'db', {
      kind: 'database',
      dead: false,
      deadInstances: [],
      unhealthyInstances: [],
      wanted: 1,
      healthy: 1,
    }));
  test('stands below all that need it, near and far', () => {
    check(five(), 'db', { dependencies: [], dependants: ['api', 'web'] });
    check(five(), 'web', { dependencies: ['api', 'db'], dependants: [] });
  });
  test('needs those to whom it was seen talking, too', () => {
    const stage = five();
    const edge = { service: 'mail', peer: 'db', host: '127.0.0.1', port: 5_432 };
    const counts = { established: 1, synSent: 0, closeWait: 0 };
    stage.see({ kind: 'connections', atMs: stage.nowMs, edges: [{ ...edge, ...counts }] });
    check(stage, 'mail', { dependencies: ['db'] });
  });
  test('that is asked more than usual', () => {
    const stage = five();
    const asked = (perS: number, times: number): void => {
      for (let at = 0; at < times; at += 1) {
        stage.nowMs += 5_000;
        const samples = [{ subject: 'api', metric: 'requests_per_s', value: perS }] as const;
        stage.see({ kind: 'sampled', atMs: stage.nowMs, samples });
      }
    };
    asked(4, 60);
    check(stage, 'api', { busy: false });
    asked(9, 3);
    check(stage, 'api', { busy: true });
    check(stage, 'web', { busy: false });
  });
  test('whose process is gone', () => {
    const stage = five();
    stage.end('api');
    check(stage, 'api', { dead: true, deadInstances: ['api.1'], unhealthyInstances: ['api.1'] });
  });
  test('in a crash loop', () => {
    const stage = five();
    stage.view('api', { state: 'crash-loop', ready: false });
    check(stage, 'api', { dead: true });
  });
  test('that lives and is not ready', () => {
    const stage = five();
    stage.view('api', { ready: false });
    check(stage, 'api', { dead: false, healthy: 0, unhealthyInstances: ['api.1'] });
  });
  test('that waits for another is not dead', () => {
    const stage = five();
    stage.view('api', { state: 'waiting', ready: false });
    check(stage, 'api', { dead: false });
  });
  test('a job that failed is not run twice unless its author said so', () => {
    for (const rerun of ['unsafe', 'safe'] as const) {
      const stage = new Stage([service('job', { oneShot: true, rerun })]);
      stage.view('job', { state: 'failed', ready: false });
      check(stage, 'job', { dead: rerun === 'safe' });
    }
  });
  test('that flaps', () => {
    const stage = five();
    stage.check('api', { flapping: true });
    check(stage, 'api', { flapping: true });
  });
});

describe('a cascade', () => {
  const check = (stage: Stage, expected: Cascade | null) =>
    expect(facts(stage).cascade).toEqual(expected);
  const fail = (stage: Stage, ...names: readonly string[]) => {
    for (const name of names) stage.view(name, { ready: false });
    return stage;
  };
  test('two of five are none', () => check(fail(five(), 'db', 'api'), null));
  test('three of five together, and the one that the others need', () =>
    check(fail(five(), 'web', 'api', 'db'), {
      members: expect.arrayContaining(['web', 'api', 'db']),
      roots: ['db'],
      total: 5,
    }));
  test('one after the other is none', () => {
    const stage = five();
    for (const name of ['db', 'api', 'web']) {
      fail(stage, name);
      stage.wait(61_000);
    }
    check(stage, null);
  });
  test('two independent roots may both be acted on', () =>
    check(fail(five(), 'db', 'api', 'mail'), {
      members: expect.any(Array),
      roots: ['db', 'mail'],
      total: 5,
    }));
  test('what all of them need is a root, though it looks well', () => {
    const stage = new Stage([
      service('db'),
      ...['a', 'b', 'c', 'd'].map((name) => service(name, { dependsOn: needs('db') })),
    ]);
    check(fail(stage, 'a', 'b', 'c', 'd'), {
      members: ['a', 'b', 'c', 'd'],
      roots: ['db'],
      total: 5,
    });
  });
  test('many without a common need: no root, but for those that are dead', () => {
    const stage = new Stage(['a', 'b', 'c', 'd'].map((name) => service(name)));
    fail(stage, 'a', 'b', 'c');
    check(stage, { members: ['a', 'b', 'c'], roots: [], total: 4 });
    stage.end('b');
    check(stage, { members: ['a', 'b', 'c'], roots: ['b'], total: 4 });
  });
  test('one service alone is no cascade', () => check(fail(new Stage([service('a')]), 'a'), null));
});
