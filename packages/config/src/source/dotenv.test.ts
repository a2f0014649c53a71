import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDotenv } from './dotenv.ts';

const lookup = (name: string) => (name === 'HOME' ? '/home/x' : undefined);
const read = (text: string, raw = false) => {
  const { entries, faults } = parseDotenv(text, lookup, raw);
  expect(faults).toEqual([]);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
};
const fault = (text: string) => parseDotenv(text, lookup).faults[0];

test('names and values, comments and blank lines', () => {
  expect(read('# first\nA=1\n\n  B = two words # note\nC=a#b\n')).toEqual({
    A: '1',
    B: 'two words',
    C: 'a#b',
  });
});
test('`export` and colons are understood', () => {
  expect(read('export A=1\nB: 2\r\n')).toEqual({ A: '1', B: '2' });
});
test('single quotes are literal, over several lines', () => {
  expect(read("A='$HOME # \\n'\nB='one\ntwo'\nC=3")).toEqual({
    A: '$HOME # \\n',
    B: 'one\ntwo',
    C: '3',
  });
});
test('double quotes know escapes and variables', () => {
  expect(read('A="x\\ny \\$HOME \\"q\\" $HOME"')).toEqual({ A: 'x\ny $HOME "q" /home/x' });
});
test('a key over several lines is kept', () => {
  expect(read('KEY="-----BEGIN\nabc\n-----END" # note\nB=1')).toEqual({
    KEY: '-----BEGIN\nabc\n-----END',
    B: '1',
  });
});
test('earlier lines are variables of later ones', () => {
  expect(read('A=1\nB=${A}2\nC=${X:-d}')).toEqual({ A: '1', B: '12', C: 'd' });
});
test('an empty value is empty', () => expect(read('A=\nB=""')).toEqual({ A: '', B: '' }));
test('a bare name takes the value from outside, or is left out', () => {
  expect(read('HOME\nNOPE')).toEqual({ HOME: '/home/x' });
});
test('a dollar sign in a password stays', () =>
  expect(read('A=pa$ word')).toEqual({ A: 'pa$ word' }));
test('raw takes the line as it stands', () => {
  expect(read('A="$HOME" # x', true)).toEqual({ A: '"$HOME" # x' });
});
test('a byte order mark is skipped', () => expect(read('\uFEFFA=1')).toEqual({ A: '1' }));
test('a line without a name is told with its place', () => {
  expect(fault('A=1\n= 2')).toMatchObject({ offset: 4, length: 3 });
});
test('an open quote is told', () => expect(fault('A="x')).toMatchObject({ offset: 2 }));
test('text after a closing quote is told', () => expect(fault("A='x' y")).toBeDefined());
test('a broken variable is told', () => expect(fault('A=${B')).toBeDefined());

test('any value in single quotes reads back', () => {
  const value = fc.string().filter((text) => !text.includes("'"));
  fc.assert(
    fc.property(value, (text) => {
      expect(read(`A='${text}'\nB=1`)).toEqual({ A: text, B: '1' });
    }),
  );
});
test('any text at all ends, and its faults lie inside it', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const { offset } of parseDotenv(text, lookup).faults)
        expect(offset).toBeLessThan(text.length + 1);
    }),
  );
});
