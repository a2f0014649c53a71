import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'vitest';
import { isSecretName, redact, redactData } from './redact.ts';

const check = (text: string, expected: string) => equal(redact(text), expected);
// Assembled at run time so that no scanner takes the sample for a leaked key.
const join = (...parts: string[]) => parts.join('');

test('an ordinary line stays the same', () =>
  check('listening on 127.0.0.1:8000', 'listening on 127.0.0.1:8000'));
test('a password in a URL goes, user and host stay', () =>
  check('postgres://app:hunter2@db:5432/x refused', 'postgres://app:***@db:5432/x refused'));
test('a password that holds a slash goes, too', () =>
  check('redis://:a/b@cache:6379', 'redis://:***@cache:6379'));
test('a bare token as user goes', () =>
  check('https://abcdefghijklmnop1234@host/x.git', 'https://***@host/x.git'));
test('an e-mail in a URL path is no credential', () =>
  check('GET http://host/u/ann@host.example', 'GET http://host/u/ann@host.example'));
test('password=… goes up to the next separator', () =>
  check('dsn user=a password=b;c d', 'dsn user=a password=***;c d'));
test('a quoted value goes whole', () =>
  check(`DB_PASSWORD="two words" next`, `DB_PASSWORD=*** next`));
test('a JSON field goes', () => check('{"password":"x","a":1}', '{"password":***,"a":1}'));
test('an API key in a query goes', () =>
  check('GET /v1?api_key=abc123&page=2', 'GET /v1?api_key=***&page=2'));
test('an authorization header goes', () =>
  check('authorization: Bearer abc.def.ghi', 'authorization: ***'));
test('a bearer token in prose goes', () => check('used Bearer abcdefgh12', 'used Bearer ***'));
test('cookies go to the end of the line', () => check('Cookie: a=b; c=d', 'Cookie: ***'));
test('a flag on a command line goes', () =>
  check('mysql --password hunter2 -h db', 'mysql --password *** -h db'));
test('a GitHub token goes', () =>
  check(`pushed with ${join('gh', 'p_', 'a'.repeat(36))}`, 'pushed with ***'));
test('an AWS key id goes', () => check(`id ${join('AK', 'IA', 'Z'.repeat(16))}.`, 'id ***.'));
test('a web token goes', () =>
  check(`jwt ${join('ey', 'JhbGciOiJIUzI1.eyJzdWIiOi.abc')}`, 'jwt ***'));
test('a private key goes', () =>
  check(join('-----BEGIN ', 'PRIVATE KEY-----\nabc\n-----END ', 'PRIVATE KEY-----'), '***'));
test('a count of tokens stays', () => check('max_tokens=4096 ok', 'max_tokens=4096 ok'));
test('a syntax error about a token stays', () =>
  check('SyntaxError: Unexpected token } in JSON', 'SyntaxError: Unexpected token } in JSON'));
test('a hint that a password is missing stays readable', () =>
  check('missing password: set DB_PASSWORD', 'missing password: set DB_PASSWORD'));
test('the working directory in the environment stays', () => check('PWD=/srv/app', 'PWD=/srv/app'));

test('names of secrets are told from other names', () => {
  ok(['DB_PASSWORD', 'API_KEY', 'githubToken', 'client_secret'].every(isSecretName));
  ok(!['PORT', 'HOST', 'max_tokens', 'KEYBOARD', 'PWDIR'].some(isSecretName));
});
test('data is masked by field name and inside strings', () =>
  deepEqual(
    redactData({ env: { DB_PASSWORD: 'x', PORT: '1' }, url: 'http://a:b@c', n: [1, null] }),
    { env: { DB_PASSWORD: '***', PORT: '1' }, url: 'http://a:***@c', n: [1, null] },
  ));
test('data nested without end is cut', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  ok(JSON.stringify(redactData(loop)).includes('…'));
});
test('a hostile line of 200,000 characters costs seconds at most', () => {
  const startMs = performance.now();
  for (const piece of ['password', ':"', '://', '://a:', 'bearer ', '--password', 'eyJ'])
    redact(piece.repeat(200_000 / piece.length));
  ok(performance.now() - startMs < 5_000);
});
