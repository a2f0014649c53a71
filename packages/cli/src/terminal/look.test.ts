import { expect, test } from 'vitest';
import { decideLook, type ColorChoice, type Look } from './look.ts';

type Given = Readonly<{
  env?: Record<string, string>;
  isTty?: boolean;
  choice?: ColorChoice;
  terminalColumns?: number | null;
}>;

const check = (given: Given, expected: Partial<Look>): void =>
  expect(
    decideLook({ env: {}, isTty: false, choice: 'auto', terminalColumns: null, ...given }),
  ).toMatchObject(expected);

test('a terminal has colour, a pipe has none', () => {
  check({ isTty: true, env: { TERM: 'xterm' } }, { color: true, tty: true });
  check({}, { color: false, tty: false });
});
test('a dumb terminal has no colour', () =>
  check({ isTty: true, env: { TERM: 'dumb' } }, { color: false }));
test('NO_COLOR counts when it is not empty, and beats FORCE_COLOR', () => {
  check({ isTty: true, env: { NO_COLOR: '1', FORCE_COLOR: '1' } }, { color: false });
  check({ isTty: true, env: { NO_COLOR: '' } }, { color: true });
});
test('FORCE_COLOR and CLICOLOR_FORCE colour a pipe; 0 means no', () => {
  check({ env: { FORCE_COLOR: '1' } }, { color: true });
  check({ env: { CLICOLOR_FORCE: '1' } }, { color: true });
  check({ env: { FORCE_COLOR: '0' }, isTty: true }, { color: false });
});
test('--color beats them all', () => {
  check({ choice: 'always', env: { NO_COLOR: '1' } }, { color: true });
  check({ choice: 'never', isTty: true, env: { FORCE_COLOR: '1' } }, { color: false });
});
test('glyphs need a UTF-8 locale; LC_ALL decides over LANG', () => {
  check({ env: { LANG: 'C.UTF-8' } }, { unicode: true });
  check({ env: { LANG: 'en_US.utf8', LC_ALL: 'C' } }, { unicode: false });
  check({ env: { LANG: 'C' } }, { unicode: false });
  check({}, { unicode: false });
});
test('FETTLE_ASCII=1 wants ASCII anywhere', () =>
  check({ env: { LANG: 'C.UTF-8', FETTLE_ASCII: '1' } }, { unicode: false }));
test('COLUMNS beats the terminal, and a pipe without it is never cut', () => {
  check({ env: { COLUMNS: '60' }, terminalColumns: 200 }, { columns: 60 });
  check({ terminalColumns: 100 }, { columns: 100 });
  check({}, { columns: Infinity });
  check({ env: { COLUMNS: 'wide' } }, { columns: Infinity });
});
