/** Recordings on disk through the real driver: whole, without secrets, bounded, replayed. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { Capsule } from '@fettle/core/incident/capsule';
import { replay } from '@fettle/core/incident/replay';
import type { Run } from '@fettle/core/loop/remedy/run';
import { afterEach, expect, test } from 'vitest';
import { secrets, secretStack, startLife, type Life } from './capsule.kit.ts';
import { openCapsules, type Capsules, type CapsuleOptions } from './capsules.ts';

let folder = '';
let life: Life | null = null;
afterEach(() => {
  life?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function begin(options: Partial<CapsuleOptions> = {}): Capsules {
  folder = mkdtempSync(join(tmpdir(), 'fettle-capsules-'));
  return open(options);
}

function open(options: Partial<CapsuleOptions> = {}): Capsules {
  const onTrouble = (cause: unknown): void => {
    throw cause;
  };
  return openCapsules({ folder, engine: '0.1.0', onTrouble, ...options });
}

async function exported(capsules: Capsules, id = 'INC-1'): Promise<Capsule> {
  const incident = life?.state.incidents.get(id);
  expect(incident).toBeDefined();
  const runs = (incident?.runIds ?? []).flatMap((run): Run | [] => life?.state.runs.get(run) ?? []);
  return capsules.capsule({ incident: incident!, runs, stack: secretStack });
}

test('an incident is recorded until it is over, and decided again as it was', async () => {
  const capsules = begin();
  life = startLife(capsules);
  life.pass(60, []);
  expect(readdirSync(folder)).toEqual([]);
  life.pass(25, ['api']);
  life.pass(60, []);
  expect(life.state.incidents.get('INC-1')?.state).toBe('resolved');
  const capsule = await exported(capsules);
  expect(capsule).toMatchObject({ incident: 'INC-1', begins: 'before-opening', truncated: null });
  expect(statSync(join(folder, 'INC-1.ndjson')).mode & 0o777).toBe(0o600);
  const { replay: again, fault } = replay(capsule);
  expect(fault).toBeNull();
  expect(again).toMatchObject({ differences: [], divergesAt: null, unfitFrom: null });
  const kinds = new Set(again?.now.map(({ kind }) => kind));
  expect([...kinds]).toEqual(expect.arrayContaining(['opened', 'diagnosis', 'plan', 'resolved']));
});
test('no secret of environment, command, log or check gets into it', async () => {
  const capsules = begin();
  life = startLife(capsules);
  life.pass(30, []);
  life.pass(20, ['api']);
  // Whatever got into its words by another way.
  life.state.incidents.get('INC-1')!.title = `cannot reach app:${secrets[1]}@db`;
  const capsule = JSON.stringify(await exported(capsules));
  expect(capsule).toContain('login with password=***');
  const lines = readFileSync(join(folder, 'INC-1.ndjson'), 'utf8').split('\n');
  const packed = lines.map((line) => /"kind":"packed","state":"([^"]*)"/.exec(line)?.[1] ?? '');
  const state = inflateRawSync(Buffer.from(packed.join(''), 'base64')).toString();
  expect(state).toContain('DB_PASSWORD');
  for (const text of [capsule, state, lines.join('\n')])
    for (const secret of secrets) expect(text).not.toContain(secret);
});
test('incidents that are open together share one recording', async () => {
  const capsules = begin();
  life = startLife(capsules);
  life.pass(30, []);
  life.pass(15, ['api']);
  life.driver.take({
    kind: 'commanded',
    command: { kind: 'run', runbook: 'high-cpu', params: { target: 'web' }, dryRun: false },
    actor: 'sam',
  });
  life.pass(5, ['api']);
  const [one, two] = [await exported(capsules), await exported(capsules, 'INC-2')];
  expect(two.events).toEqual(one.events);
  expect([one.incidents, two.incident]).toEqual([['INC-1', 'INC-2'], 'INC-2']);
  expect(one.truncated).toBe('the incident was not over');
  expect(replay(two).replay).toMatchObject({ differences: [], divergesAt: null });
});
test('what is beyond the bounds is cut, and said', async () => {
  const bounds = { mostBytes: 20_000, mostMs: 60_000, restMs: 30_000 };
  const capsules = begin({ bounds });
  life = startLife(capsules);
  life.pass(30, []);
  life.pass(60, ['api']);
  const { truncated, events } = await exported(capsules);
  expect(truncated).toBe('cut at 0 MiB');
  expect(JSON.stringify(events).length).toBeLessThan(20_000);
  expect(replay(await exported(capsules)).replay).toMatchObject({ differences: [] });
});
test('a restart of the controller ends a recording', async () => {
  const capsules = begin();
  life = startLife(capsules);
  life.pass(30, []);
  life.pass(20, ['api']);
  await capsules.stop();
  expect((await exported(open())).truncated).toBe('controller restarted');
});
test('the oldest recordings leave first; one that is gone is told', async () => {
  const capsules = begin({ mostBytes: 1 });
  life = startLife(capsules);
  life.pass(30, []);
  life.pass(20, ['api']);
  life.pass(90, []);
  await exported(capsules);
  utimesSync(join(folder, 'INC-1.ndjson'), 1, 1);
  life.pass(20, ['web']);
  await exported(capsules, 'INC-2');
  expect(readdirSync(folder)).toEqual(['INC-2.ndjson']);
  await expect(exported(capsules)).rejects.toMatchObject({ code: 'E-CAPSULE-NONE' });
});
test('a folder that cannot be written is told, and the loop goes on', async () => {
  const told: unknown[] = [];
  begin();
  writeFileSync(join(folder, 'file'), '');
  const onTrouble = (cause: unknown): void => void told.push(cause);
  life = startLife(open({ folder: join(folder, 'file'), onTrouble }));
  life.pass(30, []);
  life.pass(20, ['api']);
  await expect.poll(() => told.length).toBe(1);
  expect(life.state.incidents.get('INC-1')?.diagnosis).not.toBeNull();
});
