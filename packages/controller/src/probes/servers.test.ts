/**
 * Odd answers to the checks that speak a server's protocol; the real servers are in `e2e/probes`.
 */
import { createServer as createHttp } from 'node:http';
import { createServer as createTcp, type Socket } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openProbe, probeAddress } from './all.ts';
import { at, closeServers, listening, place, run } from './probe.contract.ts';
import { openScram } from './scram.ts';

closeServers();

const own = { host: null, port: null } as const;
const redis = { kind: 'redis', ...own, login: null, tls: null } as const;
const postgres = { kind: 'postgres', ...own, login: null, database: 'x', tls: null } as const;
const grpc = { kind: 'grpc', ...own, service: '', tls: null } as const;
const mcp = { kind: 'mcp', target: '/mcp', headers: {} } as const;
const certificate = { kind: 'certificate', ...own, serverName: null, ca: null, leftMs: 0 } as const;

/** Answers whatever is said to it with this, once, and hangs up where told. */
function says(answer: string | Buffer, hangUp = false): Promise<number> {
  return listening(
    createTcp((socket: Socket) => {
      socket.on('error', () => {});
      socket.once('data', () => (hangUp ? socket.end(answer) : socket.write(answer)));
    }),
  );
}
const error = (fields: string): Buffer => {
  const body = Buffer.from(`${fields}\0\0`);
  const head = Buffer.from([0x45, 0, 0, 0, body.length + 4]);
  return Buffer.concat([head, body]);
};

describe('Redis', () => {
  test.each([
    ['+PONG\r\n', true, 'PONG'],
    ['$4\r\nPONG\r\n', true, 'PONG'],
    ['-NOAUTH Authentication required.\r\n', true, 'wants a password'],
    ['-LOADING Redis is loading the dataset in memory\r\n', false, /^LOADING/],
    ['+HELLO\r\n', false, 'HELLO, not PONG'],
    ['HTTP/1.1 400 Bad Request\r\n', false, /^no Redis: it says/],
  ])('%j', async (answer, ok, detail) => {
    const seen = await run(redis, at(await says(answer)));
    expect(seen).toMatchObject({ ok, answer: 'answered' });
    expect(seen.detail).toMatch(detail);
  });
  test('a line without an end, and a farewell, are answers', async () => {
    const endless = await run(redis, at(await says('+'.padEnd(9_000, 'x'))));
    expect(endless).toMatchObject({ ok: false, detail: 'a line over 4 kB' });
    const gone = await run(redis, at(await says('+PO', true)));
    expect(gone).toMatchObject({ ok: false, detail: 'the server hung up' });
  });
});

describe('PostgreSQL', () => {
  test.each([
    ['SFATAL\0C57P03\0Mthe database system is starting up', false, /^57P03 the database system/],
    ['SFATAL\0C53300\0Msorry, too many clients already', false, /^53300/],
    ['SFATAL\0C3D000\0Mdatabase "x" does not exist', true, /^takes connections \(database/],
  ])('%j', async (fields, ok, detail) => {
    const seen = await run(postgres, at(await says(error(fields))));
    expect(seen).toMatchObject({ ok, answer: 'answered' });
    expect(seen.detail).toMatch(detail);
  });
  test('what is none is named', async () => {
    const seen = await run(postgres, at(await says('HTTP/1.1 400 Bad Request')));
    expect(seen).toMatchObject({ ok: false, detail: 'no PostgreSQL: it says "HTTP/"' });
    const tls = { verify: true, ca: null, serverName: null };
    const other = await run({ ...postgres, tls }, at(await says('x')));
    expect(other).toMatchObject({ ok: false, detail: 'no PostgreSQL: it says "x"' });
  });
  test('SCRAM: the example of RFC 7677, and servers that do not know the password', () => {
    const scram = openScram('pencil', 'rOprNGfwEbeRWgbNEkqO');
    const first =
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
    // The RFC's client names itself in its first message; PostgreSQL's does not.
    expect(scram.first).toBe('n,,n=,r=rOprNGfwEbeRWgbNEkqO');
    expect(scram.final(first)).toMatch(/^c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj/);
    expect(scram.isServer('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toBe(false);
    expect(scram.final('r=else,s=W22Z,i=4096')).toBeNull();
    expect(scram.final('r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=999999999')).toBeNull();
  });
});

test('gRPC: what speaks no HTTP/2, and nobody', async () => {
  const seen = await run(grpc, at(await says('HTTP/1.1 400 Bad Request\r\n\r\n', true)));
  expect(seen).toMatchObject({ ok: false, answer: 'answered' });
  expect(await run(grpc, at(1))).toMatchObject({ ok: false, answer: 'absent' });
});

describe('MCP', () => {
  const json = { 'content-type': 'application/json' };
  test.each([
    [200, json, '{"id":1,"result":{"protocolVersion":"2025-06-18"}}', /^MCP 2025-06-18, unnamed$/],
    [200, json, '{"id":1,"error":{"code":-32600,"message":"no"}}', /^initialize refused: no/],
    [200, json, '{"id":1,"result":{}}', 'an answer without protocolVersion'],
    [200, json, 'hello', 'HTTP 200 without an answer to initialize'],
    [404, json, '', 'HTTP 404'],
    [
      200,
      { 'content-type': 'text/event-stream' },
      ': hi\r\n\r\ndata: {"id":1,\r\ndata: "result":{"protocolVersion":"x"}}\r\n\r\n',
      /^MCP x/,
    ],
  ])('%i %j %s', async (status, headers, body, detail) => {
    const server = createHttp((request, response) => {
      request.resume();
      response.writeHead(status, headers).end(body);
    });
    expect((await run(mcp, at(await listening(server)))).detail).toMatch(detail);
  });
});

test('certificates: a server without TLS', async () => {
  const seen = await run(certificate, at(await says('no TLS here\r\n', true)));
  expect(seen).toMatchObject({ ok: false, answer: 'answered' });
  expect(await run(certificate, at(1))).toMatchObject({ ok: false, answer: 'absent' });
});

test('each dials what it says, and says so without a port', () => {
  for (const probe of [redis, postgres, grpc, certificate]) {
    expect(probeAddress({ ...probe, port: 7 }, place)).toEqual({ host: '127.0.0.1', port: 7 });
    expect(() => openProbe(probe, place, () => {})).toThrow(/no port/);
  }
  expect(() => openProbe(mcp, place, () => {})).toThrow(/no address/);
});

describe('sd_notify', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-notify-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const notifyFile = join(dir, 'run.notify');
  const say = (...lines: readonly string[]): void =>
    writeFileSync(notifyFile, ['7', ...lines, 'end=7', 'torn'].join('\n'));
  const open = (watchdogMs: number | null) =>
    openProbe({ kind: 'notify', watchdogMs }, { ...place, notifyFile }, () => {});

  test('ready when it says so, until it stops', async () => {
    const probe = open(null);
    rmSync(notifyFile, { force: true });
    expect(await probe.run(1)).toMatchObject({ ok: false, detail: 'no READY=1 yet' });
    say('READY=1', 'STATUS=serving');
    expect(await probe.run(1)).toMatchObject({ ok: true, detail: 'ready: serving' });
    say('READY=1', 'RELOADING=1');
    expect(await probe.run(1)).toMatchObject({ ok: true, detail: 'reloading' });
    writeFileSync(notifyFile, '8\nREADY=0\nend=');
    expect(await probe.run(1)).toMatchObject({ ok: true, detail: 'reloading' });
    say('READY=1', 'STOPPING=1');
    expect(await probe.run(1)).toMatchObject({ ok: false, detail: 'is stopping' });
    say('READY=1', 'TRIGGER=1');
    expect(await probe.run(1)).toMatchObject({ ok: false, answer: 'silent' });
    probe.close();
  });
  test('a watchdog counts from the last new ping', async () => {
    const probe = open(1);
    say('READY=1', 'PINGS=1');
    expect(await probe.run(1)).toMatchObject({ ok: true });
    await expect.poll(() => probe.run(1)).toMatchObject({ ok: false, answer: 'silent' });
    say('READY=1', 'PINGS=2');
    expect(await probe.run(1)).toMatchObject({ ok: true });
  });
  test('nobody listens for a service that is not ours', () =>
    expect(() => openProbe({ kind: 'notify', watchdogMs: null }, place, () => {})).toThrow(
      /nobody reads/,
    ));
});
