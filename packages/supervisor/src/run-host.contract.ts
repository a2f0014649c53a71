/**
 * What every host of runs holds, whatever it runs: processes, containers, the simulation's fakes.
 * Each scenario names what a program does; the host's own stage says how that is spelled there.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import { afterEach, test } from 'vitest';
import type { PosixSignal } from '@fettle/core/stack/service';

/** What a program of the suite does. */
export type Program =
  | Readonly<{ does: 'exits'; code: number; says?: string }>
  /** Runs until it is asked to stop, and then ends with `code`. */
  | Readonly<{ does: 'serves'; code: number; says?: string }>
  /** Does not hear the stop signal. */
  | Readonly<{ does: 'ignores'; says?: string }>
  | Readonly<{ does: 'is-missing' }>;

export type HostStage = Readonly<{
  start(token: string, program: Program): void;
  signal(token: string, posixSignal: PosixSignal): void;
  killTree(token: string): void;
  continueTree(token: string): void;
  /** From outside, not through the host: SIGKILL to the program. */
  killOutside(token: string): void | Promise<void>;
  /** From outside: the program stands still. */
  freezeOutside(token: string): void | Promise<void>;
  /** The host dies and another one takes over; returns when it watches. */
  takeOver(): void | Promise<void>;
  /** null: this host keeps no output. */
  output: ((token: string) => string) | null;
  /** Everything that was told since the start, in order. */
  events: readonly SuperviseEvent[];
  /** Lets the world go on until `look` finds what it wants. */
  until<T>(what: string, look: () => T | null | undefined | false): Promise<T>;
  close(): Promise<void>;
}>;

type Of<K extends SuperviseEvent['kind']> = Extract<SuperviseEvent, { kind: K }>;

export function holdRunHost(name: string, open: () => Promise<HostStage>): void {
  let stage: HostStage;
  let count = 0;
  afterEach(() => stage.close());

  const told = <K extends SuperviseEvent['kind']>(kind: K, token: string): Promise<Of<K>> =>
    stage.until(`${kind} of ${token}`, () =>
      stage.events.find(
        (one): one is Of<K> => one.kind === kind && 'token' in one && one.token === token,
      ),
    );
  const begin = async (program: Program): Promise<string> => {
    stage = await open();
    return again(program);
  };
  const again = (program: Program): string => {
    count += 1;
    const token = `c0ffee00suite-${count}`;
    stage.start(token, program);
    return token;
  };
  const exitOf = async (token: string) => (await told('run-exited', token)).exit;
  /** Before that a program may not have set its traps. */
  const saysUp = async (token: string): Promise<void> => {
    const { output } = stage;
    if (output !== null) await stage.until('its first word', () => output(token) === 'up\n');
  };
  const counted = (kind: SuperviseEvent['kind'], token: string): number =>
    stage.events.filter((one) => one.kind === kind && 'token' in one && one.token === token).length;

  test(`${name}: a run is told, and its exit code`, async () => {
    const token = await begin({ does: 'exits', code: 3, says: 'three' });
    await told('run-spawned', token);
    const exit = await exitOf(token);
    deepEqual([exit.kind, exit.code, exit.posixSignal, exit.endedBy], ['code', 3, null, null]);
    equal(counted('run-exited', token), 1);
    const { output } = stage;
    if (output !== null) equal(output(token), 'three\n');
  });

  test(`${name}: exit 0 is an end, too`, async () => {
    const token = await begin({ does: 'exits', code: 0 });
    deepEqual([(await exitOf(token)).kind, (await exitOf(token)).code], ['code', 0]);
  });

  test(`${name}: the stop signal is heard`, async () => {
    const token = await begin({ does: 'serves', code: 7, says: 'up' });
    await told('run-spawned', token);
    await saysUp(token);
    stage.signal(token, 'SIGTERM');
    equal((await exitOf(token)).code, 7);
  });

  test(`${name}: who does not hear is killed, and its tree is gone`, async () => {
    const token = await begin({ does: 'ignores', says: 'up' });
    await told('run-spawned', token);
    await saysUp(token);
    stage.signal(token, 'SIGTERM');
    stage.killTree(token);
    const exit = await exitOf(token);
    deepEqual([exit.kind, exit.code, exit.posixSignal], ['signal', 137, 'SIGKILL']);
    await told('tree-gone', token);
  });

  test(`${name}: a kill from outside is noticed, and the next run starts`, async () => {
    const token = await begin({ does: 'serves', code: 0 });
    await told('run-spawned', token);
    await stage.killOutside(token);
    equal((await exitOf(token)).code, 137);
    stage.killTree(token);
    const next = again({ does: 'exits', code: 4 });
    await told('tree-gone', token);
    equal((await exitOf(next)).code, 4);
  });

  test(`${name}: what cannot be started says so, and ends there`, async () => {
    const token = await begin({ does: 'is-missing' });
    const { code } = await told('spawn-failed', token);
    equal(code, 'ENOENT');
    equal(counted('run-exited', token), 0);
  });

  test(`${name}: a tree that nobody knows is gone`, async () => {
    stage = await open();
    stage.killTree('c0ffee00nobody-1');
    await told('tree-gone', 'c0ffee00nobody-1');
  });

  test(`${name}: who stands still is told and goes on`, async () => {
    const token = await begin({ does: 'serves', code: 5, says: 'up' });
    await told('run-spawned', token);
    await saysUp(token);
    await stage.freezeOutside(token);
    await told('found-stopped', token);
    stage.continueTree(token);
    stage.signal(token, 'SIGTERM');
    equal((await exitOf(token)).code, 5);
  });

  test(`${name}: the next host goes on with what lives`, async () => {
    const token = await begin({ does: 'serves', code: 6, says: 'up' });
    await told('run-spawned', token);
    await saysUp(token);
    await stage.takeOver();
    equal(counted('run-exited', token), 0);
    stage.signal(token, 'SIGTERM');
    equal((await exitOf(token)).code, 6);
    const { output } = stage;
    if (output !== null) equal(output(token), 'up\n');
  });

  test(`${name}: an end that nobody watched keeps its code`, async () => {
    const token = await begin({ does: 'serves', code: 0 });
    await told('run-spawned', token);
    const ends = stage.killOutside(token);
    await stage.takeOver();
    await ends;
    equal((await exitOf(token)).code, 137);
    ok(counted('run-exited', token) === 1);
  });
}
