import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, test } from 'vitest';
import { attestListener, belongsToRun } from './attest.ts';
import { ownerOfInode, processHoldsInode } from './inode-owner.ts';
import { covers, listenersOn, listListeners } from './listeners.ts';
import { ownerOfPort } from './port-owner.ts';

let server: Server | null = null;
let child: ChildProcess | null = null;
afterEach(() => {
  server?.close();
  child?.kill('SIGKILL');
});

async function listen(host: string): Promise<number> {
  server = createServer().listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Another process that listens, and says where. */
async function listenElsewhere(token: string): Promise<number> {
  const text =
    "const s=require('net').createServer().listen(0,'127.0.0.1',()=>console.log(s.address().port))";
  child = spawn(process.execPath, ['-e', text], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, FETTLE_RUN: token },
  });
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
  return Number(chunk.toString());
}

test.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('a listener on %s is found', async (host) => {
  const port = await listen(host);
  const [listener] = listenersOn(host, port, 0) ?? [];
  equal(listener?.address, host);
  equal(ownerOfInode(listener?.inode ?? 0), process.pid);
  equal(ownerOfInode(listener?.inode ?? 0), process.pid);
  equal(processHoldsInode(process.pid, listener?.inode ?? 0), true);
});

test('the table is shared for a second', async () => {
  const before = listListeners();
  equal(listListeners(), before);
  const port = await listen('127.0.0.1');
  ok(listListeners(0)?.some((listener) => listener.port === port));
});

test('the owner of a port is named with command, age and token', async () => {
  const port = await listenElsewhere('epoch-owner');
  const owner = ownerOfPort(port, '127.0.0.1');
  equal(owner?.pid, child?.pid);
  match(owner?.command ?? '', /node.* -e /);
  equal(owner?.token, 'epoch-owner');
  ok((owner?.runningForMs ?? -1) >= 0);
});

test('a port that nobody holds has no owner', async () => {
  const port = await listen('127.0.0.1');
  server?.close();
  await once(server!, 'close');
  equal(ownerOfPort(port), null);
});

test('a listener of the supervised process is attested, by token and by pid', async () => {
  const port = await listenElsewhere('epoch-ours');
  const pid = child?.pid ?? 0;
  const ask = { host: '127.0.0.1', port, maxAgeMs: 0 };
  equal(attestListener({ ...ask, token: 'epoch-ours', pids: [] }).verdict, 'ours');
  equal(attestListener({ ...ask, token: 'other', pids: [pid] }).verdict, 'ours');
  equal(belongsToRun(pid, 'other', [process.pid]), true);
});

test('a stranger on the port is foreign, and named', async () => {
  const port = await listenElsewhere('epoch-theirs');
  const ask = { host: '127.0.0.1', port, token: 'epoch-ours', pids: [2 ** 30], maxAgeMs: 0 };
  deepEqual(attestListener(ask), { verdict: 'foreign', foreignPid: child?.pid });
});

test('where nobody listens nobody is attested', () => {
  const ask = { host: '127.0.0.1', port: 1, token: 'x', pids: [], maxAgeMs: 0 };
  equal(attestListener(ask).verdict, 'nobody');
});

test('addresses cover each other as the kernel sees it', () => {
  equal(covers('0.0.0.0', '127.0.0.1'), true);
  equal(covers('::', '127.0.0.1'), true);
  equal(covers('127.0.0.1', '0.0.0.0'), true);
  equal(covers('127.0.0.1', '10.0.0.1'), false);
  equal(covers('::1', 'localhost'), true);
  equal(covers('10.0.0.1', 'localhost'), false);
});
