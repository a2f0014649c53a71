/** Each check that speaks a server's protocol, against that server: Debian's Redis and PostgreSQL,
 * gRPC's own library, the official MCP SDK, Node's TLS. */
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { createServer as createTls } from 'node:tls';
import { openProbe } from '@fettle/controller/probes/all';
import type { Seen } from '@fettle/controller/probes/probe';
import type { Probe, TlsWish } from '@fettle/core/stack/health-check';
import { afterAll, describe, expect, test } from 'vitest';
import {
  certificate,
  endServers,
  hasPostgres,
  hasRedis,
  startPostgres,
  startProgram,
  startRedis,
} from './real-servers.ts';

afterAll(endServers);

async function see(probe: Probe, port: number, timeoutMs = 5_000): Promise<Seen> {
  const place = {
    instance: 'it.1',
    service: 'it',
    address: { host: '127.0.0.1', port },
    url: null,
    workingDir: '/',
    environment: () => ({}),
  };
  const open = openProbe(probe, place, () => {});
  try {
    return await open.run(timeoutMs);
  } finally {
    open.close();
  }
}
const up = (detail: unknown) => ({ ok: true, detail, answer: 'answered' });
const down = (detail: unknown) => ({ ok: false, detail, answer: 'answered' });
const like = (pattern: RegExp): unknown => expect.stringMatching(pattern);
const own = { host: null, port: null } as const;
const anyCertificate: TlsWish = { verify: false, ca: null, serverName: null };

/** Accepts and says nothing. */
async function mute(): Promise<Readonly<{ port: number; close(): void }>> {
  const server = createTcp((socket) => void socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

const plainRedis = { kind: 'redis', ...own, login: null, tls: null } as const;
const plainPostgres = {
  kind: 'postgres',
  ...own,
  login: null,
  database: 'postgres',
  tls: null,
} as const;
const plainGrpc = { kind: 'grpc', ...own, service: '', tls: null } as const;
const mcp = { kind: 'mcp', target: '/mcp', headers: {} } as const;

describe.skipIf(!hasRedis)('Redis (needs redis-server)', () => {
  test('answers PING; a paused one is silent, one that is gone absent', async () => {
    const { port, process: child } = await startRedis();
    expect(await see(plainRedis, port)).toEqual(up('PONG'));
    child.kill('SIGSTOP');
    expect(await see(plainRedis, port, 300)).toMatchObject({ ok: false, answer: 'silent' });
    child.kill('SIGCONT');
    expect(await see(plainRedis, port)).toEqual(up('PONG'));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    expect(await see(plainRedis, port)).toMatchObject({ ok: false, answer: 'absent' });
  });
  test('asks with a password, and with a user of its access list', async () => {
    const { port } = await startRedis(
      '--requirepass',
      'right',
      '--user',
      'probe',
      'on',
      '>pass',
      '~*',
      '+ping',
    );
    const ask = (user: string | null, password: string) =>
      see({ ...plainRedis, login: { user, password } }, port);
    expect(await see(plainRedis, port)).toEqual(up('wants a password'));
    expect(await ask(null, 'right')).toEqual(up('PONG'));
    expect(await ask('probe', 'pass')).toEqual(up('PONG'));
    expect(await ask(null, 'wrong')).toEqual(down(like(/^AUTH refused: WRONGPASS/)));
  });
  test('speaks TLS, and checks by whom it is signed', async () => {
    const { key, certificate: cert } = certificate('localhost', -1, 30);
    const tlsOnly = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const { port } = await startRedis(
      ...tlsOnly,
      ...'--port 0 --tls-port {port} --tls-auth-clients no'.split(' '),
    );
    const ask = (tls: TlsWish) => see({ ...plainRedis, tls }, port);
    expect(await ask(anyCertificate)).toEqual(up('PONG'));
    expect(await ask({ verify: true, ca: cert, serverName: 'localhost' })).toEqual(up('PONG'));
    expect(await ask({ verify: true, ca: null, serverName: 'localhost' })).toEqual(
      down('TLS: DEPTH_ZERO_SELF_SIGNED_CERT'),
    );
  });
});

describe.skipIf(!hasPostgres)('PostgreSQL (needs postgresql)', () => {
  const asked = (password: string, more: Partial<typeof plainPostgres> = {}): Probe => ({
    ...plainPostgres,
    ...more,
    login: { user: 'me', password },
  });
  test('by SCRAM, over TLS and without: SELECT 1, a wrong password, a wrong database', async () => {
    const { key, certificate: cert } = certificate('localhost', -1, 30);
    const { port } = await startPostgres('scram-sha-256', {}, { key, certificate: cert });
    expect(await see(plainPostgres, port)).toEqual(up('takes connections, wants a password'));
    expect(await see(asked('right'), port)).toEqual(up('SELECT 1'));
    expect(await see(asked('wrong'), port)).toEqual(
      down('28P01 password authentication failed for user "me"'),
    );
    const elsewhere = { ...asked('right'), database: 'shop' } as Probe;
    expect(await see(elsewhere, port)).toEqual(down('3D000 database "shop" does not exist'));
    const secure = (tls: TlsWish): Probe => ({ ...asked('right'), tls }) as Probe;
    expect(await see(secure(anyCertificate), port)).toEqual(up('SELECT 1'));
    const known = { verify: true, ca: cert, serverName: 'localhost' };
    expect(await see(secure(known), port)).toEqual(up('SELECT 1'));
  });
  test('by MD5, in the clear, by trust; one that lost its place says why', async () => {
    const md5 = await startPostgres('md5');
    expect(await see(asked('right'), md5.port)).toEqual(up('SELECT 1'));
    expect(await see(asked('wrong'), md5.port)).toEqual(down(like(/^28P01/)));
    const { port, process: child } = await startPostgres('trust');
    const nobody: Probe = { ...plainPostgres, login: { user: 'me', password: null } };
    expect(await see(nobody, port)).toEqual(up('SELECT 1'));
    expect(await see(plainPostgres, port)).toEqual(up(like(/^takes connections \(role/)));
    child.kill('SIGSTOP');
    expect(await see(nobody, port, 300)).toMatchObject({ ok: false, answer: 'silent' });
  });
  test('no TLS where it is wanted, and no PostgreSQL at all', async () => {
    const { port } = await startPostgres('password');
    expect(await see(asked('right'), port)).toEqual(up('SELECT 1'));
    expect(await see({ ...plainPostgres, tls: anyCertificate }, port)).toEqual(
      down('the server offers no TLS'),
    );
    expect(await see(plainRedis, port, 1_000)).toMatchObject({ ok: false });
  });
});

test('gRPC: the health service decides; TLS; a server without one', async () => {
  const { port } = await startProgram('grpc-server.mjs');
  const ask = (service: string) => see({ ...plainGrpc, service }, port);
  expect(await ask('')).toEqual(up('SERVING'));
  expect(await ask('shop.Cart')).toEqual(up('SERVING'));
  expect(await ask('shop.Stock')).toEqual(down('NOT_SERVING'));
  expect(await ask('shop.None')).toEqual(down('NOT_FOUND: the server knows nothing of shop.None'));
  const bare = await startProgram('grpc-server.mjs', [], { WITHOUT_HEALTH: '1' });
  expect(await see(plainGrpc, bare.port)).toEqual(down(like(/^UNIMPLEMENTED/)));
  const files = certificate('localhost', -1, 30);
  const secure = await startProgram('grpc-server.mjs', [files.key, files.certificate]);
  const tls = { verify: true, ca: files.certificate, serverName: 'localhost' };
  expect(await see({ ...plainGrpc, tls }, secure.port)).toEqual(up('SERVING'));
  expect(await see({ ...plainGrpc, tls: { ...tls, ca: null } }, secure.port)).toEqual(
    down('TLS: DEPTH_ZERO_SELF_SIGNED_CERT'),
  );
  expect(await see(plainGrpc, secure.port, 1_000)).toMatchObject({ ok: false });
});

test('MCP: with sessions, which are closed again, without, and by a newer revision', async () => {
  const { port } = await startProgram('mcp-server.mjs');
  for (let round = 0; round < 3; round += 1)
    expect(await see(mcp, port)).toEqual(up('MCP 2025-06-18, shop-tools 1.2.0'));
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${port}/sessions`)).text(), { timeout: 5_000 })
    .toBe('0');
  const stateless = await startProgram('mcp-server.mjs', [], { MODE: 'stateless' });
  expect(await see(mcp, stateless.port)).toEqual(up('MCP 2025-06-18, shop-tools 1.2.0'));
  const modern = await startProgram('mcp-server.mjs', [], { MODE: 'modern' });
  expect(await see(mcp, modern.port)).toEqual(up('MCP 2026-07-28'));
});

test('certificates: the end, the beginning, the name and who signed', async () => {
  const look = async (
    days: readonly [number, number],
    more: Partial<Extract<Probe, { kind: 'certificate' }>> = {},
  ): Promise<Seen> => {
    const { key, certificate: cert } = certificate('shop.example', ...days);
    const server = createTls({ key: readFileSync(key), cert: readFileSync(cert) });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ca = more.ca === 'own' ? cert : null;
    const wish = {
      kind: 'certificate',
      ...own,
      serverName: null,
      leftMs: 14 * 86_400_000,
    } as const;
    const seen = await see({ ...wish, ...more, ca }, port);
    server.close();
    return seen;
  };
  expect(await look([-1, 90.5])).toEqual(up(like(/^valid for 90 days, until \d{4}-/)));
  expect(await look([-1, 5.5])).toEqual(
    down(like(/^the certificate ends in 5 days, on .*; wanted are 14 days$/)),
  );
  expect(await look([-90, -3.5])).toEqual(down(like(/^the certificate ended 3 days ago/)));
  expect(await look([2, 90])).toEqual(down(like(/^shop.example is not valid before/)));
  const named = { serverName: 'shop.example', ca: 'own' };
  expect(await look([-1, 90], named)).toMatchObject({ ok: true });
  expect(await look([-1, 90], { serverName: 'shop.example' })).toEqual(
    down('it is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT'),
  );
  expect(await look([-1, 90], { ...named, serverName: 'other.example' })).toEqual(
    down('it is made out to shop.example, 127.0.0.1, not to other.example'),
  );
});

test('who accepts and says nothing is silent to every one of them', async () => {
  const { port, close } = await mute();
  const dates = { kind: 'certificate', ...own, serverName: null, ca: null, leftMs: 0 } as const;
  const probes: readonly Probe[] = [plainRedis, plainPostgres, plainGrpc, mcp, dates];
  for (const probe of probes)
    expect(await see(probe, port, 200), probe.kind).toMatchObject({ ok: false, answer: 'silent' });
  close();
});
