/** What `fettle status --json` must say of the trio, and of a stack of dying programs. */
import type { ServiceStatus } from '@fettle/sdk/api/status';
import type { DyingProgram } from './dying-program.ts';
import { allPrograms } from './programs/all.ts';
import { fettle, untilTold, writeStack } from './stack.ts';
import { cannotRun, type World } from './world.ts';

export type Verdict = Readonly<{
  name: string;
  state: string;
  why: string | null;
  fits: boolean;
  wanted: string;
}>;

export type Wish = Readonly<{ states: RegExp; sentence: RegExp | null }>;

const trio: readonly DyingProgram[] = allPrograms.filter(({ name }) =>
  ['refused-node', 'port-taken-node'].includes(name),
);
const failing = /^(?:failing|crash-loop)$/;

/** Dies of a refused address; wants a port that a foreign process holds; is healthy. */
export async function checkTrio(
  dir: string,
  world: World,
): Promise<Readonly<{ verdicts: readonly Verdict[]; toldMs: number }>> {
  const { CLOSED_PORT, HELD_PORT } = world.environment;
  const owner = `pid ${world.pid} \\(node.*world-process`;
  const wishes: Record<string, Wish> = {
    'refused-node': {
      states: failing,
      sentence: new RegExp(`127\\.0\\.0\\.1:${CLOSED_PORT} refused`),
    },
    'port-taken-node': {
      states: failing,
      sentence: new RegExp(`port ${HELD_PORT} is taken by ${owner}`),
    },
    moved: { states: /^ok$/, sentence: new RegExp(`^${HELD_PORT} is taken by ${owner}`) },
    healthy: { states: /^ok$/, sentence: null },
  };
  const serve = "require('http').createServer((_q, a) => a.end('ok')).listen(process.env.PORT)";
  const server = { command: ['node', '-e', serve], health: { http: '/', start_interval: '100ms' } };
  writeStack(dir, trio, world, {
    healthy: { ...server, port: 'auto' },
    moved: { ...server, port: Number(HELD_PORT) },
  });
  try {
    const up = await fettle(dir, 'up', '-d');
    const beganMs = performance.now();
    const rows = await untilTold(dir, (row) => fitsWish(row, wishes[row.name]), 5_000);
    const toldMs = Math.round(performance.now() - beganMs);
    return { toldMs, verdicts: verdictsOf(rows, wishes, up.stderr) };
  } finally {
    await fettle(dir, 'down');
  }
}

/** All programs that can run in a stack, in one. */
export async function checkStack(dir: string, world: World): Promise<readonly Verdict[]> {
  const programs = allPrograms.filter(
    (program) => program.directOnly !== true && cannotRun(program, world) === null,
  );
  const wishes: Record<string, Wish> = {};
  for (const { name, sentence, signal } of programs)
    wishes[name] = { states: signal === undefined ? failing : /^ok$/, sentence };
  writeStack(dir, programs, world);
  try {
    const up = await fettle(dir, 'up', '-d');
    await signalThose(dir, programs);
    const rows = await untilTold(dir, (row) => fitsWish(row, wishes[row.name]), 100_000);
    return verdictsOf(rows, wishes, up.stderr);
  } finally {
    await fettle(dir, 'down');
  }
}

async function signalThose(dir: string, programs: readonly DyingProgram[]): Promise<void> {
  const wanted = new Map(programs.map(({ name, signal }) => [name, signal]));
  const rows = await untilTold(dir, (row) => !wanted.get(row.name) || row.pid !== null, 20_000);
  for (const [name, { row }] of rows) {
    const signal = wanted.get(name);
    if (signal !== undefined && row.pid !== null) process.kill(row.pid, signal);
  }
}

export function fitsWish(row: ServiceStatus, wish: Wish | undefined): boolean {
  if (wish === undefined || !wish.states.test(row.state)) return false;
  return wish.sentence === null ? row.why === null : wish.sentence.test(row.why ?? '');
}

export function verdictsOf(
  rows: Awaited<ReturnType<typeof untilTold>>,
  wishes: Readonly<Record<string, Wish>>,
  upSaid: string,
): readonly Verdict[] {
  return Object.entries(wishes).map(([name, wish]) => {
    const { row, right = false } = rows.get(name) ?? {};
    const wanted = `${wish.states} ${wish.sentence ?? 'and no sentence'}`;
    const why = row === undefined ? upSaid : row.why;
    return { name, state: row?.state ?? 'missing', why, fits: right, wanted };
  });
}
