import { expect, test } from 'vitest';
import { editDistance, nearestOf } from './nearest.ts';

const keys = ['health', 'command', 'port', 'depends_on', 'environment', 'working_dir'];
const check = (word: string, expected: string | null) =>
  expect(nearestOf(word, keys)).toBe(expected);

test('a swap, a loss, a double and a wrong letter are near', () => {
  for (const word of ['helath', 'helth', 'heallth', 'heolth']) check(word, 'health');
});
test('case and hyphens do not count', () => check('Depends-On', 'depends_on'));
test('habits of other tools are known', () => {
  check('cmd', 'command');
  check('cwd', 'working_dir');
  check('needs', 'depends_on');
});
test('far words give no guess', () => check('volume', null));
test('short words need to be closer', () => check('pp', null));
test('a swap of neighbours is one edit', () => expect(editDistance('abcd', 'acbd')).toBe(1));
