import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { secrets, secretStack, startLife } from '@fettle/controller/loop/capsule.kit';
import { openCapsules } from '@fettle/controller/loop/capsules';
import { sealCapsule } from '@fettle/controller/loop/seal-capsule';
import { createPrng, nextRandom } from '@fettle/core/supervise/prng';
import { replay } from '@fettle/core/incident/replay';
import { FettleError } from '@fettle/sdk/fettle-error';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fakeDaemon, type FakeDaemon } from './fake-daemon.contract.ts';
import { brokenCapsule, readCapsuleText } from './replay/read-capsule.ts';

const folder = mkdtempSync(join(tmpdir(), 'fettle-replay-'));
const file = join(folder, 'INC-1.json');
let text = '';
let daemon: FakeDaemon | null = null;
beforeAll(async () => {
  const onTrouble = (cause: unknown): void => {
    throw cause;
  };
  const capsules = openCapsules({ folder: join(folder, 'capsules'), engine: '0.1.0', onTrouble });
  const life = startLife(capsules);
  life.pass(30, []);
  life.pass(25, ['api']);
  life.pass(60, []);
  const incident = life.state.incidents.get('INC-1')!;
  const runs = incident.runIds.map((id) => life.state.runs.get(id)!);
  text = JSON.stringify(
    sealCapsule(await capsules.capsule({ incident, runs, stack: secretStack })),
  );
  writeFileSync(file, text);
  life.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  daemon?.close();
  daemon = null;
});
async function ran(...words: string[]) {
  daemon = await fakeDaemon(false);
  return daemon.run(...words);
}
function written(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('the same engine decides the same, with no daemon at all', async () => {
  const { code, stdout } = await ran('replay', file);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/No difference: \d+ decisions as they/),
  ]);
});
test('another policy: what it would have decided, and from where on answers are missing', async () => {
  const policy = written('policy.yaml', 'autonomy: observe\n');
  const { code, stdout } = await ran('replay', file, '--with', policy);
  expect(code).toBe(0);
  expect(stdout).toMatch(/was {2}.*: act$/m);
  expect(stdout).toMatch(/now {2}.*: refuse: autonomy$/m);
  expect(stdout).toMatch(/autonomy said no: observe/);
  expect(stdout).toMatch(/From event \d+ on .* no longer fit/);
});
test('another runbook: its step is taken instead', async () => {
  const shipped = JSON.parse((await ran('replay', file, '--json')).stdout);
  const plan = shipped.was.find(({ kind }: { kind: string }) => kind === 'plan');
  const name = plan.text.split(',')[0];
  const diagnosis = shipped.was.find(({ kind }: { kind: string }) => kind === 'diagnosis');
  const runbook = `name: ${name}\ndiagnosis: ${diagnosis.text.split(' ')[0]}\nstep: service.stop\nverify: healthy(target)\n`;
  const { code, stdout, stderr } = await ran(
    'replay',
    file,
    '--with',
    written('mine.yaml', runbook),
  );
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(new RegExp(`now  ${name}, do on api`));
});
test('a --with that has problems is told with its place', async () => {
  const { code, stderr } = await ran(
    'replay',
    file,
    '--with',
    written('bad.yaml', 'autonmy: full\n'),
  );
  expect([code, stderr]).toEqual([2, expect.stringMatching(/bad\.yaml:1:1[\s\S]*E-CAPSULE-WITH/)]);
});
test('export writes for the owner only, without secrets; scenario keeps what passes', async () => {
  daemon = await fakeDaemon();
  daemon.answers.set('/api/v1/incidents/INC-1/capsule', text);
  const out = join(folder, 'out.json');
  const { code, stderr } = await daemon.run('incidents', 'export', 'inc-1', '--out', out);
  expect([code, stderr]).toEqual([0, expect.stringContaining('without secrets')]);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  for (const secret of secrets) expect(readFileSync(out, 'utf8')).not.toContain(secret);
  expect((await daemon.run('incidents', 'export', 'INC-1')).stdout).toBe(`${text}\n`);
  const kept = await daemon.run('incidents', 'scenario', 'INC-1');
  const scenario = join(daemon.dir, '.fettle/scenarios/INC-1.json');
  expect([kept.code, kept.stdout]).toEqual([0, expect.stringContaining('is kept')]);
  expect((await daemon.run('replay', scenario)).code).toBe(0);
});
test('a scenario that does not pass is analysed and not kept', async () => {
  const { sha256: _, ...capsule } = JSON.parse(text);
  const at = capsule.events.findIndex(({ decided }: { decided: { kind: string }[] }) =>
    decided.some(({ kind }) => kind === 'diagnosis'),
  );
  const event = capsule.events[at];
  for (const decision of event.decided)
    decision.text = decision.text.replace(/^\w+ on/, 'crash on');
  event.sum = '00000000';
  daemon = await fakeDaemon();
  daemon.answers.set('/api/v1/incidents/INC-1/capsule', JSON.stringify(sealCapsule(capsule)));
  const { code, stdout, stderr } = await daemon.run('incidents', 'scenario', 'INC-1');
  expect(code).toBe(3);
  expect(stdout).toMatch(/was {2}crash on api/);
  expect(stderr).toContain(`not kept: it is decided differently from event ${at} on`);
  expect(existsSync(join(daemon.dir, '.fettle/scenarios/INC-1.json'))).toBe(false);
});

const wrong = [
  ['nowhere.json', null, /E-CAPSULE-READ.*there is no such file/],
  ['cut.json', () => text.slice(0, 5_000), /E-CAPSULE-JSON/],
  ['odd.json', () => '{"schema":\n  nope}', /E-CAPSULE-JSON.*line 2, column 4/],
  [
    'other.json',
    () => '{"schema":"fettle.status/v1"}',
    /E-CAPSULE-BROKEN.*schema is "fettle\.status/,
  ],
  ['edited.json', () => text.replace('"INC-1"', '"INC-7"'), /E-CAPSULE-CHANGED/],
] as const;
for (const [name, make, expected] of wrong)
  test(`${name} is refused with a code`, async () => {
    const path = make === null ? join(folder, name) : written(name, make());
    const { code, stderr } = await ran('replay', path);
    expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
  });

/** Reads and replays; the code of the error, or null. */
function tried(content: string): string | null {
  try {
    const capsule = readCapsuleText(content, 'fuzzed.json');
    const { fault } = replay(capsule);
    if (fault !== null) throw brokenCapsule(fault, 'fuzzed.json');
    return null;
  } catch (error) {
    if (!(error instanceof FettleError)) throw error;
    expect(error.message.length).toBeGreaterThan(10);
    return error.code;
  }
}

test('a thousand damaged capsules: each a clear error, none a crash', () => {
  const prng = createPrng('capsules');
  const below = (count: number): number => Math.floor(nextRandom(prng) * count);
  const codes = new Map<string | null, number>();
  // Shorter than the whole, so that a thousand take seconds.
  const { sha256: _, ...whole } = JSON.parse(text);
  const small = { ...whole, events: whole.events.slice(0, 12) };
  const source = JSON.stringify(sealCapsule(small));
  for (let round = 0; round < 1_000; round += 1) {
    const content = round % 2 === 0 ? scratched(source, below) : twisted(small, below);
    const code = tried(content);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  for (const code of ['E-CAPSULE-JSON', 'E-CAPSULE-CHANGED', 'E-CAPSULE-BROKEN'])
    expect(codes.get(code)).toBeGreaterThan(20);
  expect([...codes.keys()].every((code) => code === null || code.startsWith('E-CAPSULE-'))).toBe(
    true,
  );
}, 120_000);

/** Characters changed, taken out or put in anywhere. */
function scratched(source: string, below: (count: number) => number): string {
  let content = source;
  for (let times = 1 + below(3); times > 0; times -= 1) {
    const at = below(content.length);
    const odd = ['', '0', '"', '}', '[', '\u0000', '-1e999', 'null', '\\'][below(9)] ?? '';
    content = content.slice(0, at) + odd + content.slice(at + below(4));
  }
  return below(10) === 0 ? content.slice(0, below(content.length)) : content;
}

const oddities: readonly unknown[] = [
  null,
  -1,
  1e300,
  '',
  '***',
  [],
  {},
  true,
  'x'.repeat(5_000),
  { $: 'same', v: 1 },
  { $: 'map', v: [[1, 2]] },
  { $: 'set', v: [] },
  { $: 'f32', v: 'AAAA' },
  { $: 'number', v: 'NaN' },
  { $: 'undefined' },
];

/** Sound JSON with a true sum, and anything in the place of any value. */
function twisted(source: object, below: (count: number) => number): string {
  const copy = structuredClone(source) as Record<string, unknown>;
  let holder: Record<string, unknown> = copy;
  let name = '';
  for (;;) {
    const names = Object.keys(holder);
    name = names[below(names.length)] ?? '';
    const inner = holder[name];
    const isThing = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
    if (!isThing || below(9) === 0) break;
    holder = inner as Record<string, unknown>;
  }
  holder[name] = oddities[below(oddities.length)];
  const sha256 = createHash('sha256').update(JSON.stringify(copy)).digest('hex');
  return JSON.stringify({ ...copy, sha256 });
}
