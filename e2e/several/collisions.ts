/**
 * Two stacks that want the same ports, started at the same moment, again and again. After each
 * round every service must listen on a port of its own, having been started once only: nobody took
 * a port that another had been given. Run it: `node tools/run.mjs e2e/several/collisions.ts [100]`.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attestListener } from '@fettle/proc/attest';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Service } from '@fettle/core/stack/service';
import { service, testDaemon, type TestDaemon } from '../supervisor/daemon.ts';

export type Round = Readonly<{
  round: number;
  /** From both daemons' start to the last listener. */
  tookMs: number;
  ports: readonly number[];
  /** Services that got another port than the first of their list. */
  moved: number;
  /** Ports that two services have, listeners of a stranger, and starts beyond the first. */
  collisions: number;
}>;

const perStack = 6;
const program = join(fileURLToPath(new URL('.', import.meta.url)), '../loop/tiny-service.pl');
const firstPort = 28_300;

/**
 * The same in both stacks: three have one choice and may fall back, three have a short range.
 * `deaf`: they listen where they like, not where they are told, as without all this.
 */
function services(deaf: boolean): readonly Service[] {
  return Array.from({ length: perStack }, (_, at) => {
    const from = firstPort + 10 * at;
    const to = at < perStack / 2 ? from : from + 3;
    return service(`s${at}`, {
      command: deaf ? ['/bin/sh', '-c', `PORT=${from} exec perl "$0"`, program] : ['perl', program],
      port: { preferred: [{ from, to }], host: '127.0.0.1', fallback: true },
      stopGraceMs: 1_000,
    });
  });
}

export async function playRound(round: number, deaf = false): Promise<Round> {
  const daemons = [testDaemon(), testDaemon()];
  try {
    const beganMs = performance.now();
    const both = await Promise.all(daemons.map((one) => startOne(one, deaf)));
    const tookMs = Math.round(performance.now() - beganMs);
    const views = both.flat();
    const ports = views.map(({ port }) => port?.port ?? 0);
    const twice = ports.length - new Set(ports).size;
    const stolen = views.filter((view) => !isOwn(view)).length;
    const again = views.reduce((sum, { restarts }) => sum + restarts, 0);
    const moved = views.filter(({ service: name, port }) => {
      const first = firstPort + 10 * Number(name.slice(1));
      return port?.port !== first;
    }).length;
    return { round, tookMs, ports, moved, collisions: twice + stolen + again };
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.end()));
  }
}

async function startOne(daemon: TestDaemon, deaf: boolean): Promise<readonly InstanceView[]> {
  await daemon.start();
  await daemon.apply(services(deaf));
  return daemon.until(
    'each listens, or was started again',
    (views) =>
      views.length === perStack && views.every((view) => view.restarts > 0 || listens(view)),
  );
}

function verdictOf(view: InstanceView): string {
  if (view.port === null || view.token === null) return 'none';
  const { host, port } = view.port;
  const pids = [view.pid, view.shimPid].filter((pid) => pid !== null);
  return attestListener({ host, port, token: view.token, pids, maxAgeMs: 0 }).verdict;
}

/** Also when it is somebody else who listens: that is what we look for. */
function listens(view: InstanceView): boolean {
  return ['ours', 'foreign'].includes(verdictOf(view));
}

function isOwn(view: InstanceView): boolean {
  return verdictOf(view) === 'ours';
}

if (process.argv[1]?.endsWith('collisions.ts') === true) {
  const count = Number(process.argv[2] ?? 100);
  let [collisions, moved] = [0, 0];
  for (let round = 1; round <= count; round += 1) {
    const result = await playRound(round);
    collisions += result.collisions;
    moved += result.moved;
    console.log(JSON.stringify(result));
  }
  const starts = count * 2 * perStack;
  console.log(`${count} rounds, ${starts} starts, ${moved} moved aside: ${collisions} collisions`);
  process.exitCode = collisions === 0 && moved > 0 ? 0 : 1;
}
