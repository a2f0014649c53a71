import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'vitest';
import type { PortOwner } from '@fettle/core/stack/port';
import { holdName } from './abstract-socket.ts';
import { parseArguments } from './arguments.ts';
import { checkCommand } from './command-check.ts';
import { createNoticeRing } from './notice-ring.ts';
import { createPortFinder, type FindPort } from './port-finder.ts';
import { openRequestKeys } from './request-keys.ts';
import { baseEnvironment } from './run-spawner.ts';
import { openSpool, pruneSpools } from './spool.ts';
import { renderTemplateFiles, type WrittenTemplate } from './template-files.ts';
import type { Template } from '@fettle/core/stack/service';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fettle-parts-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('arguments', () => {
  test('name the stack and the controller', () => {
    const args = parseArguments(['--stack-dir', '/a/../b', '--controller', 'none']);
    deepEqual(args, { stackDir: '/b', controllerPath: null, ending: false });
    equal(parseArguments(['--stack-dir', '/a', '--controller', 'x', '--ending']).ending, true);
  });
  test.each([[[]], [['--stack-dir', '/a']], [['--what']]])('%j is refused', (args) => {
    throws(() => parseArguments(args), { code: 'E-USAGE' });
  });
});

const check = (command: readonly string[], code: string | undefined, workingDir = dir): void =>
  equal(checkCommand(command, workingDir, '/usr/bin:/bin')?.code, code);

describe('a command', () => {
  test('on the PATH may start', () => check(['sh'], undefined));
  test('given by path may start', () => check(['/bin/sh'], undefined));
  test('that is not there is refused', () => check(['no-such-program'], 'ENOENT'));
  test('that is empty is refused', () => check([], 'ENOENT'));
  test('that is a folder is refused', () => check(['/bin/'], 'EACCES'));
  test('in a folder that is not there is refused', () => check(['sh'], 'ENOTDIR', '/nowhere'));
  test('that may not be executed is refused', () => {
    writeFileSync(join(dir, 'tool'), '', { mode: 0o644 });
    check(['./tool'], 'EACCES');
  });
});

describe('notices', () => {
  const notice = { kind: 'instance-removed', instance: 'a.1' } as const;
  test('are numbered, and handed out again from where a client was', () => {
    const ring = createNoticeRing('e');
    for (let at = 0; at < 3; at += 1) ring.add(notice);
    deepEqual(
      ring.after('e', 1)?.map(({ seq }) => seq),
      [2, 3],
    );
    deepEqual(ring.after('e', 3), []);
  });
  test('of another daemon, of the future, or forgotten ask for a snapshot', () => {
    const ring = createNoticeRing('e', 4);
    for (let at = 0; at < 20; at += 1) ring.add(notice);
    deepEqual([ring.after('x', 19), ring.after('e', 21), ring.after('e', 2)], [null, null, null]);
    equal(ring.after('e', 18)?.length, 2);
  });
});

test('request keys count once, and outlive the daemon', () => {
  const file = join(dir, 'requests.log');
  const first = openRequestKeys(file);
  deepEqual([first.take('a'), first.take('a')], [true, false]);
  first.close();
  const second = openRequestKeys(file);
  deepEqual([second.take('a'), second.take('b')], [false, true]);
  for (let at = 0; at < 5_000; at += 1) second.take(`k${at}`);
  second.close();
  ok(readFileSync(file, 'utf8').split('\n').length < 4_100);
});

const spooled = (token: string, ageSeconds: number, bytes = 10): void => {
  const file = join(dir, `${token}.log`);
  writeFileSync(file, 'x'.repeat(bytes));
  const seconds = Date.now() / 1_000 - ageSeconds;
  utimesSync(file, seconds, seconds);
};

const isKept = (token: string): boolean => existsSync(join(dir, `${token}.log`));

describe('spools', () => {
  test('of old runs go, segments too; live ones and the last ended one stay', () => {
    for (let at = 0; at < 8; at += 1) spooled(`e-${at}`, 100 - at);
    writeFileSync(join(dir, 'e-1.0001.zst'), '');
    utimesSync(join(dir, 'e-1.0001.zst'), 1, 1);
    for (const name of ['runs.ndjson', 'dropped.json']) writeFileSync(join(dir, name), '');
    for (const name of ['runs.ndjson', 'dropped.json']) utimesSync(join(dir, name), 1, 1);
    const pruned = pruneSpools(dir, new Set(['e-0']), { maxRuns: 3, maxBytes: 1e9 });
    deepEqual(pruned.toSorted(), ['e-1', 'e-2', 'e-3', 'e-4']);
    deepEqual([isKept('e-5'), existsSync(join(dir, 'dropped.json'))], [true, true]);
    deepEqual([isKept('e-0'), isKept('e-7')], [true, true]);
    equal(existsSync(join(dir, 'e-1.0001.zst')), false);
  });
  test('of a hundred runs and their segments stay: dropping them is the log keeper’s', () => {
    for (let at = 0; at < 101; at += 1) spooled(`e-${at}`, 500 - at);
    deepEqual(pruneSpools(dir, new Set(['e-100'])), []);
  });
  test('beyond the bytes go, except the last', () => {
    spooled('e-1', 20, 50_000);
    spooled('e-2', 10, 50_000);
    deepEqual(pruneSpools(dir, new Set(), { maxRuns: 5, maxBytes: 1_000 }), ['e-1']);
    equal(isKept('e-2'), true);
  });
  test('are private, and a disk that takes none is no failure', () => {
    const file = join(dir, 'a.1', 'e-1.log');
    ok(openSpool(file) !== null);
    equal(statSync(file).mode & 0o777, 0o600);
    equal(openSpool('/proc/none/e-1.log'), null);
  });
});

test('our own variables are not handed on', () => {
  deepEqual(
    baseEnvironment({ PATH: '/bin', FETTLE_RUN: 'x', npm_config_a: 'y', GONE: undefined }),
    {
      PATH: '/bin',
    },
  );
});

describe('templates', () => {
  const told: WrittenTemplate[] = [];
  const render = (templates: readonly Template[], environment: Record<string, string>) =>
    renderTemplateFiles(templates, {
      workingDir: dir,
      environment,
      stateDir: dir,
      onWritten: (one) => told.push(one),
    });
  test('are rendered beside the service, with the mode of their source', () => {
    writeFileSync(join(dir, 'in'), '${A}', { mode: 0o640 });
    equal(render([{ from: 'in', to: 'sub/out' }], { A: 'x' }), null);
    equal(readFileSync(join(dir, 'sub/out'), 'utf8'), 'x');
    equal(statSync(join(dir, 'sub/out')).mode & 0o777, 0o640);
    equal(render([{ from: 'in', to: 'sub/out', mode: 0o600 }], { A: 'x' }), null);
    equal(statSync(join(dir, 'sub/out')).mode & 0o777, 0o600);
  });
  test('that name an unset variable, or are missing, stop the start', () => {
    writeFileSync(join(dir, 'in'), '${A}');
    equal(render([{ from: 'in', to: 'out' }], {})?.code, 'E-TEMPLATE');
    equal(render([{ from: 'no', to: 'out' }], {})?.code, 'E-TEMPLATE');
    equal(existsSync(join(dir, 'out')), false);
  });
  test('tell what changed, and keep what a person wrote', () => {
    writeFileSync(join(dir, 'in'), 'a ${A}\n');
    const [to, kept] = [join(dir, 'mine'), join(dir, 'mine.edited')];
    render([{ from: 'in', to: 'mine' }], { A: '1' });
    told.length = 0;
    render([{ from: 'in', to: 'mine' }], { A: '2' });
    deepEqual(told, [{ to, diff: { removed: 1, added: 1, lines: ['-a 1', '+a 2'] }, kept: null }]);
    writeFileSync(to, 'by hand\n');
    render([{ from: 'in', to: 'mine' }], { A: '2' });
    equal(told[1]?.kept, kept);
    deepEqual([readFileSync(kept, 'utf8'), readFileSync(to, 'utf8')], ['by hand\n', 'a 2\n']);
    render([{ from: 'in', to: 'mine' }], { A: '2' });
    equal(told.length, 2);
  });
});

test('an abstract name is held by one, and free again after', async () => {
  const name = `\0fettle-test-${process.pid}-${Date.now()}`;
  const held = await holdName(name);
  equal(await holdName(name), null);
  held?.release();
  await new Promise((resolve) => setImmediate(resolve));
  const again = await holdName(name);
  ok(again !== null);
  again.release();
});

const request = (from: number, to: number, more: Partial<FindPort> = {}): FindPort => ({
  kind: 'find-port',
  instance: 'a.1',
  host: '127.0.0.1',
  last: null,
  candidates: [{ from, to }],
  reserved: [],
  taken: [],
  fallback: true,
  ...more,
});

const held = async (): Promise<Readonly<{ port: number; close(): void }>> => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
};

describe('a port', () => {
  const owner: PortOwner = {
    pid: 1,
    command: 'thief',
    kind: 'foreign',
    instance: null,
    runningForMs: null,
  };
  test('that is free is granted', async () => {
    const finder = createPortFinder(() => owner);
    const answer = await finder.find(request(23_100, 23_150));
    ok(answer.kind === 'port-granted' && answer.port >= 23_100 && answer.port <= 23_150);
    finder.release('a.1', answer.port);
  });

  test('that is taken is passed over, and its owner named', async () => {
    const stranger = await held();
    const finder = createPortFinder(() => owner);
    const answer = await finder.find(request(stranger.port, stranger.port));
    ok(answer.kind === 'port-granted' && answer.port !== stranger.port);
    deepEqual(answer.refused, { port: stranger.port, owner });
    finder.release('a.1', answer.port);
    stranger.close();
  });

  test('that a stranger holds is not put down to whoever tries it at the same time', async () => {
    const stranger = await held();
    const finder = createPortFinder(() => owner);
    const wish = request(stranger.port, stranger.port);
    const answers = await Promise.all(
      ['a.1', 'b.1', 'c.1'].map((instance) => finder.find({ ...wish, instance })),
    );
    for (const { refused } of answers) deepEqual(refused, { port: stranger.port, owner });
    const ports = answers.map((one) => (one.kind === 'port-granted' ? one.port : null));
    equal(new Set(ports).size, 3);
    for (const { instance, ...one } of answers)
      if (one.kind === 'port-granted') finder.release(instance, one.port);
    stranger.close();
  });

  test('that is taken is refused where no other will do', async () => {
    const stranger = await held();
    const finder = createPortFinder(() => owner);
    const { port } = stranger;
    const answer = await finder.find(request(port, port, { fallback: false }));
    deepEqual(answer, { kind: 'port-refused', instance: 'a.1', refused: { port, owner } });
    stranger.close();
  });

  test('of another stack is not given twice', async () => {
    const [ours, theirs] = [createPortFinder(() => owner), createPortFinder(() => owner)];
    const first = await ours.find(request(23_200, 23_260));
    const second = await theirs.find(request(23_200, 23_260, { instance: 'b.1' }));
    ok(first.kind === 'port-granted' && second.kind === 'port-granted');
    ok(first.port !== second.port);
    ours.release('a.1', first.port);
    theirs.release('b.1', second.port);
  });

  test('that was had before is preferred, and kept when asked for again', async () => {
    const finder = createPortFinder(() => owner);
    const answer = await finder.find(request(23_300, 23_360, { last: 23_350 }));
    const again = await finder.find(request(23_300, 23_360, { last: 23_350 }));
    ok(answer.kind === 'port-granted' && again.kind === 'port-granted');
    equal(again.port, answer.port);
    finder.release('a.1', again.port);
  });

  test('of a sister instance is no refusal, reserved ones are left out', async () => {
    const finder = createPortFinder(() => owner);
    const reserved = [{ from: 23_401, to: 23_420 }];
    const more = { taken: [23_400], reserved };
    const answer = await finder.find(request(23_400, 23_400, more));
    ok(answer.kind === 'port-granted' && answer.port > 23_420);
    equal(answer.refused?.owner.kind, 'ours');
    finder.release('a.1', answer.port);
  });
});
