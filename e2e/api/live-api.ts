/** A small real stack, started by the CLI in a folder of its own, for the tests of this folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDaemonFile, statePaths, type DaemonFile } from '@fettle/sdk/daemon/paths';
import { fettleIn } from '../live-shop.ts';

export type LiveApi = Readonly<{
  dir: string;
  daemon: () => DaemonFile;
  get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  stop: () => Promise<void>;
}>;

const program = `
import { createServer } from 'node:http';
createServer((_request, response) => response.end('ok')).listen(process.env.PORT, '127.0.0.1');
`;
const config = `
name: api-test
services:
  web: { command: [node, web.mjs], port: auto, health: / }
  dead: { command: [node, -e, 'process.exit(3)'], depends_on: [web] }
  job: { command: [node, -e, '0'], restart: 'no' }
`;
const requestMs = 10_000;

export async function startLiveApi(): Promise<LiveApi> {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-api-'));
  writeFileSync(join(dir, 'web.mjs'), program);
  writeFileSync(join(dir, 'fettle.yaml'), config);
  const up = await fettleIn(dir, ['up', '-d']);
  const daemon = (): DaemonFile => {
    const found = readDaemonFile(statePaths(dir).daemonFile);
    if (found === null || found.url === null)
      throw new RangeError(`no daemon: ${up.stdout}${up.stderr}`);
    return found;
  };
  daemon();
  return {
    dir,
    daemon,
    get: (path, headers = {}) =>
      fetch(`${daemon().url}${path}`, { headers, signal: AbortSignal.timeout(requestMs) }),
    async stop() {
      await fettleIn(dir, ['down']);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
