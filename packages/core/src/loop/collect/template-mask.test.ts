import { expect, test } from 'vitest';
import { maskedTokens } from './template-mask.ts';

const check = (line: string, expected: string) =>
  expect(maskedTokens(line).join(' ')).toBe(expected);

test('numbers, with units, signs and times', () => {
  check('took 12ms in 3.5 sec, now -4 of 17', 'took <*> in <*>, now <*> of <*>');
  check('at 10:22:33.123 and 2026-01-05', 'at <*> and <*>');
  check('cache 93% full, <1 sec left', 'cache <*> full, <*> left');
});

test('uuids, hex and long identities', () => {
  check('user 7f3b2a90-1111-4222-8333-444455556666 at 0xdeadbeef', 'user <*> at <*>');
  check('block blk_-1608999687919862906 gone', 'block <*> gone');
  check('commit a3f9c2e71b', 'commit <*>');
});

test('a short number leaves the word before it', () => {
  check('worker-3 waits for worker_12', 'worker<*> waits for worker<*>');
  check('jk2_init() on k8s', 'jk2_init() on k8s');
});

test('addresses, hosts, URLs and e-mail', () => {
  check('to 10.0.0.7:5432 via db.example.com:5432', 'to <*> via <*>');
  check('GET http://a.example/x?y=1 by ann@example.com', 'GET <*> by <*>');
  check('refused ::1 port 80', 'refused ::<*> port <*>');
});

test('paths, but no lone slash', () => {
  check('open /var/lib/data/x.db: denied', 'open <*>: denied');
  check('either / or and/or', 'either / or and/or');
  check('at ./src/app.js:12', 'at <*>');
});

test('quoted text, but no apostrophe', () => {
  check(`column "name" and 'a b' can't be`, `column <*> and <*> can't be`);
});

test('values of pairs, whatever they look like', () => {
  check('login user=ann role=[a, b] ok', 'login user=<*> role=<*> ok');
});

test('a list is one thing, however long', () => {
  check('delete 1 2 3 4 5', 'delete <*>');
  check('sent 850 bytes (1.2 KB) now', 'sent <*> now');
});

test('dates in words', () => {
  check('since Fri Jul  1 07:57:30 2005 on', 'since <*> on');
  check('until Mon, 05 Jan 2026 10:00:00 GMT', 'until <*>');
});

test('a long line is cut at a word, and one long word is one token', () => {
  expect(maskedTokens('word '.repeat(400)).length).toBe(80);
  check('x'.repeat(5_000), '<*>');
});
