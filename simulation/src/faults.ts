/**
 * Trouble, at random but repeatably: each kind is its own Poisson process. Also the people, who
 * stop, start, scale, edit and reset while things break.
 */
import { end, setHealth, type FakeProcess } from './fake-process.ts';
import { connect, controllerProcess, type FakeController } from './fake-controller.ts';
import {
  definitionOf,
  killDaemon,
  later,
  setDiskFull,
  startDaemon,
  take,
  type FakeShell,
} from './fake-shell.ts';
import { plan } from './virtual-clock.ts';
import type { Wishes } from './wishes.ts';

const MINUTE_MS = 60_000;

export type Troubles = Readonly<{
  shell: FakeShell;
  controller: FakeController;
  wishes: Wishes;
}>;

/** Mean time between two faults of a kind, for the whole stack. */
const KINDS: readonly Readonly<{ everyMs: number; strike: (to: Troubles) => void }>[] = [
  { everyMs: 1 * MINUTE_MS, strike: crash },
  { everyMs: 10 * MINUTE_MS, strike: crashBurst },
  { everyMs: 15 * MINUTE_MS, strike: loseShim },
  { everyMs: 8 * MINUTE_MS, strike: hang },
  { everyMs: 5 * MINUTE_MS, strike: blip },
  { everyMs: 15 * MINUTE_MS, strike: freeze },
  { everyMs: 8 * MINUTE_MS, strike: stealPort },
  { everyMs: 20 * MINUTE_MS, strike: grow },
  { everyMs: 10 * MINUTE_MS, strike: killController },
  { everyMs: 8 * MINUTE_MS, strike: killSupervisor },
  { everyMs: 40 * MINUTE_MS, strike: fillDisk },
  { everyMs: 30 * MINUTE_MS, strike: breakSpawns },
  { everyMs: 30 * MINUTE_MS, strike: jumpClock },
];

export function unleash(to: Troubles): void {
  for (const { everyMs, strike } of KINDS) again(to, everyMs, strike);
}

function again(to: Troubles, everyMs: number, strike: (to: Troubles) => void): void {
  const { world } = to.shell;
  plan(world.clock, world.dice.waitMs(everyMs), () => {
    if (world.troubled) strike(to);
    again(to, everyMs, strike);
  });
}

function victim({ shell }: Troubles): FakeProcess | undefined {
  const living = [...shell.world.processes.values()].filter(
    ({ alive, service }) => alive && service !== '@controller',
  );
  return living.length === 0 ? undefined : shell.world.dice.pick(living);
}

function crash(to: Troubles): void {
  const process = victim(to);
  const { world } = to.shell;
  if (process !== undefined) end(world, process, world.dice.chance(0.1) ? 0 : 139);
}

function crashBurst(to: Troubles): void {
  const instance = victim(to)?.instance;
  const { world } = to.shell;
  for (let i = 1; i <= world.dice.int(3, 12); i += 1) {
    plan(world.clock, i * 2_000, () => {
      if (!world.troubled) return;
      for (const process of world.processes.values()) {
        if (process.instance === instance && process.alive) end(world, process, 1);
      }
    });
  }
}

function loseShim(to: Troubles): void {
  const process = victim(to);
  if (process !== undefined) end(to.shell.world, process, null);
}

function hang(to: Troubles): void {
  const process = victim(to);
  if (process === undefined || process.oneShot) return;
  process.hung = true;
  process.ready = false;
  to.shell.world.onHealth(process);
}

function blip(to: Troubles): void {
  const process = victim(to);
  const { world } = to.shell;
  if (process === undefined || !process.ready) return;
  setHealth(world, process, false);
  plan(world.clock, world.dice.int(1_000, 60_000), () => {
    if (!process.hung) setHealth(world, process, true);
  });
}

function freeze(to: Troubles): void {
  const process = victim(to);
  if (process === undefined) return;
  stopProcess(to.shell, process);
}

export function stopProcess(shell: FakeShell, process: FakeProcess): void {
  process.stopped = true;
  sweep(shell, process);
}

/** The sweep of each second finds state T for as long as it lasts, whoever is the daemon. */
function sweep(shell: FakeShell, process: FakeProcess): void {
  plan(shell.world.clock, 1_000, () => {
    if (!process.alive || !process.stopped) return;
    take(shell, { kind: 'found-stopped', token: process.token });
    sweep(shell, process);
  });
}

function stealPort(to: Troubles): void {
  const { shell } = to;
  const { world } = shell;
  const process = victim(to);
  const port = process?.port ?? null;
  if (process === undefined || port === null) return;
  const thief = `foreign:${world.dice.int(1, 9_999)}`;
  if (world.dice.chance(0.3)) {
    const owner = { pid: 1, command: 'thief', kind: 'foreign', instance: null } as const;
    later(shell, 500, {
      kind: 'port-stolen',
      token: process.token,
      port,
      owner: { ...owner, runningForMs: null },
    });
  }
  end(world, process, 1);
  if (world.holders.has(port)) return;
  world.holders.set(port, thief);
  plan(world.clock, world.dice.int(1_000, 10 * MINUTE_MS), () => {
    if (world.holders.get(port) === thief) world.holders.delete(port);
  });
}

function grow(to: Troubles): void {
  const process = victim(to);
  if (process === undefined) return;
  take(to.shell, { kind: 'memory-sampled', token: process.token, rssBytes: 2 ** 30 });
}

function killController(to: Troubles): void {
  const process = controllerProcess(to.shell);
  if (process !== undefined) end(to.shell.world, process, 137);
}

/** Between two effects of some event soon, then away for a while. */
function killSupervisor(to: Troubles): void {
  const { shell } = to;
  const { world } = shell;
  if (world.dice.chance(0.7)) {
    shell.diesAfter = world.dice.int(0, 12);
    crash(to);
    if (world.dice.chance(0.3)) to.wishes.actOnce();
  } else killDaemon(shell);
  const awayMs = world.dice.chance(0.8)
    ? world.dice.int(50, 2_000)
    : world.dice.int(2_000, 120_000);
  plan(world.clock, 1_000 + awayMs, () => revive(to));
}

export function revive(to: Troubles): void {
  const { shell, controller } = to;
  if (shell.state !== null && !shell.world.troubled) return;
  killDaemon(shell);
  controller.connectedTo = null;
  // A daemon may be killed while it recovers, too; the sim's person starts it again.
  if (shell.world.troubled && shell.world.dice.chance(0.2)) {
    shell.diesAfter = shell.world.dice.int(0, 30);
  }
  startDaemon(shell);
  if (shell.state === null) {
    plan(shell.world.clock, 500, () => revive(to));
    return;
  }
  to.wishes.repeatLost();
  connect(shell, controller);
}

function fillDisk({ shell }: Troubles): void {
  const { world } = shell;
  setDiskFull(shell, true);
  plan(world.clock, world.dice.int(1_000, 5 * MINUTE_MS), () => setDiskFull(shell, false));
}

function breakSpawns({ shell }: Troubles): void {
  const { world } = shell;
  shell.spawnTrouble = world.dice.pick(['EAGAIN', 'EMFILE', 'ENOMEM', 'ENOENT']);
  plan(world.clock, world.dice.int(1_000, 2 * MINUTE_MS), () => {
    shell.spawnTrouble = null;
  });
}

function jumpClock({ shell }: Troubles): void {
  const { clock, dice } = shell.world;
  clock.wallOffsetMs += dice.int(-6 * 60, 6 * 60) * MINUTE_MS;
}

/** Ends what would go on by itself: thieves where nothing else will do, freezes, hangs of today. */
export function calm({ shell }: Troubles): void {
  const { world } = shell;
  world.troubled = false;
  shell.spawnTrouble = null;
  setDiskFull(shell, false);
  for (const [port, holder] of world.holders) {
    const isNeeded = [...(shell.state?.instances.values() ?? [])].some(
      ({ service }) => definitionOf(shell, service.definition.name)?.port?.fallback === false,
    );
    if (holder.startsWith('foreign:') && isNeeded) world.holders.delete(port);
  }
}
