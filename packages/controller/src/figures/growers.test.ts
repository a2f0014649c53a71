import { deepEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { watchGrowers, type Grower } from './growers.ts';

const mb = 2 ** 20;
const of = (megabytes: number, openFiles: number | null = 30): Grower => ({
  memoryBytes: megabytes * mb,
  openFiles,
});
/** Seen every 20 s; who is watched after the last look. */
function watched(...seen: readonly Grower[]): readonly string[] {
  const growers = watchGrowers();
  seen.forEach((one, index) => growers.note('api', one, index * 20_000));
  return [...growers.services((seen.length - 1) * 20_000)];
}

test('a first look says nothing', () => deepEqual(watched(of(100)), []));
test('a leak is watched from its second look on', () =>
  deepEqual(watched(of(80), of(100)), ['api']));
test('a little more is no growth', () => deepEqual(watched(of(80), of(83)), []));
test('of a large service neither', () => deepEqual(watched(of(2_000), of(2_020)), []));
test('what shrinks is not watched', () => deepEqual(watched(of(100), of(80)), []));
test('handles that pile up are watched, too', () =>
  deepEqual(watched(of(80, 30), of(80, 60)), ['api']));
test('handles that could not be read say nothing', () =>
  deepEqual(watched(of(80, null), of(80, 60)), []));
test('it ends a while after the last growth', () => {
  const still = [of(80), of(100), of(100), of(100), of(100)];
  deepEqual(watched(...still.slice(0, 4)), ['api']);
  deepEqual(watched(...still), []);
});
test('few at a time, the newest', () => {
  const growers = watchGrowers();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const megabytes of [80, 100])
    names.forEach((name, index) => growers.note(name, of(megabytes), index));
  deepEqual([...growers.services(10)], ['c', 'd', 'e', 'f']);
  growers.forget(new Set(['f']));
  deepEqual([...growers.services(10)], ['f']);
});
