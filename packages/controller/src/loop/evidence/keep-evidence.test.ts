/** Evidence of real processes is on disk before anything is done, redacted and bounded. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poll, sleeper, startActionRig, type ActionRig } from '../actions/action-rig.kit.ts';
import { keepEvidence, type EvidenceItem, type EvidenceOptions } from './keep-evidence.ts';

let rig: ActionRig;
beforeAll(async () => {
  rig = await startActionRig();
  const text = `require('net').createServer().listen(0, () => console.log('on'))`;
  await rig.apply([sleeper('api', { command: [process.execPath, '-e', text] })]);
  await rig.until('api runs', (views) => views.every(({ pid }) => pid !== null));
  const spool = rig.view('api.1').spool ?? '';
  await poll('it listens', () => readFileSync(spool, 'utf8').includes('on'));
});
afterAll(() => rig.end());

const event = {
  seq: 1,
  at: '2026-01-01T00:00:00.000Z',
  kind: 'command.taken',
  service: 'api',
  instance: null,
  severity: 'info',
  text: 'restart of api by ops',
  data: {},
} as const;

function options(more: Partial<EvidenceOptions> = {}): EvidenceOptions {
  return {
    link: rig.link,
    stateDir: rig.paths.stateDir,
    logs: { tail: () => Promise.resolve(['connecting', 'password=hunter2hunter2']) },
    journal: { read: () => [event] },
    files: {
      watched: () => [{ path: '/etc/api.json', service: 'api', secret: false }],
      state: () => ({ changedAtMs: 1_700_000_000_000, differsFromGood: true, hasGood: true }),
    },
    ...more,
  };
}

const all: readonly EvidenceItem[] = [
  { what: 'logs', of: 'api' },
  { what: 'proc', of: 'api' },
  { what: 'sockets', of: 'api' },
  { what: 'stacks', of: 'api' },
  { what: 'fds', of: 'api' },
  { what: 'changes', of: null },
];
const read = (file: string): string => readFileSync(join(rig.paths.stateDir, file), 'utf8');

test('each item is a file, readable by us alone', async () => {
  const files = await keepEvidence('run-1', all, options());
  expect(files.map((file) => file.replace('evidence/run-1/', ''))).toEqual([
    'logs-api.txt',
    'proc-api.txt',
    'sockets-api.txt',
    'stacks-api.txt',
    'fds-api.txt',
    'changes.txt',
  ]);
  const [logs = '', proc = '', sockets = '', stacks = '', fds = '', changes = ''] = files.map(read);
  expect(logs).toContain('connecting');
  expect(logs).not.toContain('hunter2');
  expect(proc).toMatch(new RegExp(`pid ${rig.view('api.1').pid} \\(.+\\).*state [SR]`));
  expect(sockets).toMatch(/listen (0\.0\.0\.0|::):\d+/);
  expect(stacks).toContain('-- threads');
  expect(fds).toMatch(/pid \d+: \d+ open/);
  expect(changes).toMatch(/restart of api by ops[^]*api\.json, differs from the last good version/);
  const mode = statSync(join(rig.paths.stateDir, files[0] ?? '')).mode & 0o777;
  expect(mode).toBe(0o600);
});

test('what hangs or fails is left out in time, the rest is kept', async () => {
  const beganMs = performance.now();
  const files = await keepEvidence(
    'run-2',
    [
      { what: 'logs', of: 'api' },
      { what: 'dreams', of: 'api' },
      { what: 'proc', of: 'api' },
    ],
    options({ logs: { tail: () => new Promise(() => undefined) } }),
  );
  expect(files).toEqual(['evidence/run-2/proc-api.txt']);
  expect(performance.now() - beganMs).toBeLessThan(7_000);
});

test('a run takes no more than its room', async () => {
  const lines = Array.from({ length: 500 }, () => 'x'.repeat(100_000));
  const logs = { tail: () => Promise.resolve(lines) };
  const [file = ''] = await keepEvidence('run-3', [{ what: 'logs', of: 'api' }], options({ logs }));
  expect(statSync(join(rig.paths.stateDir, file)).size).toBeLessThanOrEqual(20 * 1_048_576 + 200);
});

test('a name of a run cannot lead out of the folder', async () => {
  const files = await keepEvidence('../../run', [{ what: 'changes', of: null }], options());
  expect(files).toEqual([expect.stringMatching(/^evidence\/[^/]+\/changes\.txt$/)]);
});

test('old runs leave when there are too many', async () => {
  const folder = join(rig.paths.stateDir, 'evidence');
  for (let at = 0; at < 210; at += 1) {
    mkdirSync(join(folder, `old-${at}`), { recursive: true });
    writeFileSync(join(folder, `old-${at}`, 'x.txt'), 'x');
  }
  await keepEvidence('run-4', [{ what: 'changes', of: null }], options());
  const left = readdirSync(folder);
  expect(left.length).toBeLessThanOrEqual(200);
  expect(left).toContain('run-4');
});

test('a folder that cannot be written holds nothing up', async () => {
  const stateDir = join(rig.dir, 'a-file');
  writeFileSync(stateDir, '');
  expect(await keepEvidence('run-5', all, options({ stateDir }))).toEqual([]);
});
