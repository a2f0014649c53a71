import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import { exitFile, livePaths, pidFile, readDaemonFile, spoolFile, statePaths } from './paths.ts';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'fettle-paths-')));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a stack has one hash, before its state folder exists and after, and through a link', () => {
  const before = statePaths(dir, {});
  mkdirSync(before.stateDir);
  symlinkSync(dir, `${dir}-link`);
  equal(statePaths(dir, {}).hash, before.hash);
  equal(statePaths(`${dir}-link`, {}).hash, before.hash);
  rmSync(`${dir}-link`);
  match(before.hash, /^[\da-f]{16}$/);
  equal(before.lockName, `\0fettle-stack-${before.hash}`);
});

test('sockets lie in the runtime folder, and fit into sun_path', () => {
  const paths = statePaths(dir, { XDG_RUNTIME_DIR: '/run/user/1000' });
  equal(paths.supervisorSocket, `/run/user/1000/fettle/${paths.hash}/supervisor.sock`);
  match(statePaths(dir, {}).controllerSocket, /^\/tmp\/fettle-\d+\/[\da-f]{16}\/controller.sock$/);
});

test('the sockets of a running daemon are where it says', () => {
  const paths = statePaths(dir, {});
  mkdirSync(paths.stateDir);
  const file = { supervisorPid: 1, controllerPid: null, url: null, version: '1' };
  writeFileSync(
    paths.daemonFile,
    JSON.stringify({ ...file, socket: `/run/x/${paths.hash}/controller.sock` }),
  );
  equal(livePaths(dir, {}).supervisorSocket, `/run/x/${paths.hash}/supervisor.sock`);
  const other = { ...file, socket: '/run/x/0123456789abcdef/controller.sock' };
  writeFileSync(paths.daemonFile, JSON.stringify(other));
  equal(livePaths(dir, {}).supervisorSocket, paths.supervisorSocket);
  writeFileSync(paths.daemonFile, '{"supervisorPid":');
  equal(readDaemonFile(paths.daemonFile), null);
  equal(livePaths(dir, {}).supervisorSocket, paths.supervisorSocket);
});

test('files of a run carry its token', () => {
  const paths = statePaths(dir, {});
  deepEqual(
    [spoolFile(paths, 'a.1', 'e-1'), exitFile(paths, 'e-1'), pidFile(paths, 'e-1')],
    ['logs/a.1/e-1.log', 'runs/e-1.exit', 'runs/e-1.pid'].map((end) => join(paths.stateDir, end)),
  );
});
