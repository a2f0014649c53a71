/**
 * The machine: processes with tempers, and the ports they hold. Knows nothing of the policy.
 *
 * A process binds its port a moment after its start (or dies of EADDRINUSE), becomes ready later,
 * may ignore its stop signal, hang, be stopped, crash, leave a child behind that holds the port.
 * Exits are kept as the shim keeps them; now and then the shim dies too and nothing is kept.
 */
import type { RunExit } from '@fettle/core/supervise/run';
import type { Dice } from './dice.ts';
import { plan, type VirtualClock } from './virtual-clock.ts';

export type FakeProcess = {
  readonly token: string;
  readonly instance: string;
  readonly service: string;
  readonly pid: number;
  readonly port: number | null;
  readonly oneShot: boolean;
  alive: boolean;
  bound: boolean;
  ready: boolean;
  hung: boolean;
  /** State T. */
  stopped: boolean;
  /** A stop signal that waits for SIGCONT. */
  pendingStop: boolean;
  ignoresStop: boolean;
  /** What it ends with when it is asked to; null: by chance. */
  stopCode: number | null;
  readonly leavesChild: boolean;
  /** A left-behind child is alive, and holds `port` if the main process did. */
  childAlive: boolean;
  /** What the shim wrote; null while alive or when the shim was killed, too. */
  exit: RunExit | null;
  endedMs: number;
};

export type World = {
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly processes: Map<string, FakeProcess>;
  /** Who listens: a token of ours or `foreign:<pid>`. */
  readonly holders: Map<number, string>;
  nextPid: number;
  /** While false the world behaves: no new trouble starts. */
  troubled: boolean;
  /** Told when a process ended or became (un)ready; set by the shell and the controller. */
  onEnd: (process: FakeProcess) => void;
  onHealth: (process: FakeProcess) => void;
  onTreeGone: (process: FakeProcess) => void;
};

export function createWorld(clock: VirtualClock, dice: Dice): World {
  return {
    clock,
    dice,
    processes: new Map(),
    holders: new Map(),
    nextPid: 1_000,
    troubled: true,
    onEnd: ignore,
    onHealth: ignore,
    onTreeGone: ignore,
  };
}

function ignore(): void {}

export type Birth = Readonly<{
  token: string;
  instance: string;
  service: string;
  port: number | null;
  oneShot: boolean;
}>;

export function bear(world: World, birth: Birth): FakeProcess {
  const { dice, clock } = world;
  world.nextPid += 2;
  const process: FakeProcess = {
    ...birth,
    pid: world.nextPid,
    alive: true,
    bound: false,
    ready: false,
    hung: false,
    stopped: false,
    pendingStop: false,
    ignoresStop: dice.chance(0.1),
    stopCode: null,
    leavesChild: dice.chance(0.15),
    childAlive: false,
    exit: null,
    endedMs: 0,
  };
  world.processes.set(process.token, process);
  plan(clock, dice.int(1, 80), () => settleIn(world, process));
  return process;
}

function settleIn(world: World, process: FakeProcess): void {
  const { dice, clock } = world;
  if (!process.alive) return;
  if (process.port !== null) {
    if (world.holders.has(process.port)) {
      end(world, process, 1);
      return;
    }
    world.holders.set(process.port, process.token);
    process.bound = true;
  }
  if (process.oneShot) {
    plan(clock, dice.int(10, 20_000), () => {
      end(world, process, world.troubled && dice.chance(0.2) ? dice.int(1, 3) : 0);
    });
    return;
  }
  const isSlow = world.troubled && dice.chance(0.05);
  plan(clock, isSlow ? dice.int(5_000, 60_000) : dice.int(5, 1_500), () => {
    if (world.troubled && dice.chance(0.05)) end(world, process, dice.int(1, 255));
    else setHealth(world, process, true);
  });
}

export function setHealth(world: World, process: FakeProcess, ready: boolean): void {
  if (!process.alive || process.ready === ready) return;
  process.ready = ready;
  world.onHealth(process);
}

/** `code`: as the shim sees it; null when the shim was killed as well. */
export function end(world: World, process: FakeProcess, code: number | null): void {
  if (!process.alive) return;
  process.alive = false;
  process.ready = false;
  process.endedMs = world.clock.nowMs;
  if (code !== null) {
    process.exit = {
      kind: code > 128 ? 'signal' : 'code',
      code,
      posixSignal: code > 128 ? 'SIGKILL' : null,
      endedBy: null,
      atMs: world.clock.nowMs + world.clock.wallOffsetMs,
    };
  }
  process.childAlive = process.leavesChild && world.dice.chance(0.5);
  if (!process.childAlive) letGo(world, process);
  world.onEnd(process);
  if (!process.childAlive) world.onTreeGone(process);
}

function letGo(world: World, process: FakeProcess): void {
  if (process.port !== null && world.holders.get(process.port) === process.token) {
    world.holders.delete(process.port);
  }
}

export function signalStop(world: World, process: FakeProcess): void {
  if (!process.alive) return;
  if (process.stopped) {
    process.pendingStop = true;
    return;
  }
  if (process.ignoresStop || process.hung) return;
  const code = process.stopCode ?? (world.dice.chance(0.5) ? 0 : 143);
  plan(world.clock, world.dice.int(1, 900), () => end(world, process, code));
}

export function resume(world: World, process: FakeProcess): void {
  process.stopped = false;
  if (process.pendingStop) signalStop(world, process);
}

/** SIGKILL to the tree; a child that is stuck in the kernel takes its time. */
export function killTree(world: World, process: FakeProcess): void {
  if (process.alive) {
    plan(world.clock, world.dice.int(0, 5), () => {
      end(world, process, 137);
      endChild(world, process);
    });
  } else if (process.childAlive) {
    const isStuck = world.troubled && world.dice.chance(0.05);
    const delayMs = isStuck ? world.dice.int(1_000, 15_000) : world.dice.int(1, 300);
    plan(world.clock, delayMs, () => endChild(world, process));
  } else world.onTreeGone(process);
}

function endChild(world: World, process: FakeProcess): void {
  if (!process.childAlive) return;
  process.childAlive = false;
  letGo(world, process);
  world.onTreeGone(process);
}
