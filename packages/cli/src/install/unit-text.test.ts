import { expect, test } from 'vitest';
import { launchdPlist, stackDirOfUnit, systemdUnit, type UnitOptions } from './unit-text.ts';

const options: UnitOptions = {
  stack: 'shop',
  stackDir: '/srv/my shop 100%',
  program: '/opt/fettle/$x/fettle',
  path: '/usr/bin:/bin',
  scope: 'system',
  runAs: 'ann',
  stopSeconds: 200,
  environment: { NOTE: 'a "b" \\ 5%' },
};

test('words with blanks, dollars, percents and quotes stay words', () => {
  const unit = systemdUnit(options);
  expect(unit).toContain('ExecStart="/opt/fettle/$x/fettle" -C "/srv/my shop 100%%" __unit start');
  expect(unit).toContain('WorkingDirectory=/srv/my shop 100%%');
  expect(unit).toContain('Environment="NOTE=a \\"b\\" \\\\ 5%%"');
});

test('a stop may take what the services were given, and a moment more', () => {
  expect(systemdUnit(options)).toContain('TimeoutStopSec=230');
});

test('a unit of a user names nobody and waits for no network', () => {
  const unit = systemdUnit({ ...options, scope: 'user', runAs: null });
  expect(unit).not.toMatch(/User=|network-online/);
  expect(unit).toContain('WantedBy=default.target');
});

test('a unit says whose it is', () => {
  expect(stackDirOfUnit(systemdUnit(options))).toBe(options.stackDir);
  const odd = { ...options, stackDir: '/srv/a & <b>' };
  expect(stackDirOfUnit(launchdPlist(odd))).toBe(odd.stackDir);
  expect(stackDirOfUnit('[Unit]\nDescription=other\n')).toBeNull();
});
