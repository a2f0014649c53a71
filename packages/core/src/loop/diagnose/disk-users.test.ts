import { expect, test } from 'vitest';
import { service, Stage } from '../collect/stage.contract.ts';
import { usersOfDisk } from './disk-users.ts';

const { picture } = new Stage([
  service('web'),
  service('far', { workingDir: '/opt/far' }),
  service('ledger', { cleanup: ['/srv/data/backups/*'] }),
  service('press', { workingDir: '/srv/data/press' }),
  service('partner', { workingDir: '/srv/data', external: true }),
]);

test('who names a path on it, who works there, who works above it', () =>
  expect(usersOfDisk(picture, '@disk:/srv/data')).toEqual(['ledger', 'press', 'web']));
test('a few of all for the root', () =>
  expect(usersOfDisk(picture, '@disk:/')).toEqual(['web', 'far', 'ledger', 'press']));
test('a name that only begins alike is another folder', () =>
  expect(usersOfDisk(picture, '@disk:/srv/dat')).toEqual(['web', 'ledger']));
test('no disk has no users', () => expect(usersOfDisk(picture, '@host')).toEqual([]));
