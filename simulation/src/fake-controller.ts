/**
 * The controller as the policy sees it: a process of ours that, while it lives, reports health with
 * a delay, tells all it knows when it comes back, and asks to end what hangs.
 */
import type { FakeProcess } from './fake-process.ts';
import { later, take, type FakeShell } from './fake-shell.ts';
import { plan } from './virtual-clock.ts';

export type FakeController = { connectedTo: string | null };

/** Checks each 5 s, three in a row: a hang is known after this. */
const HANG_KNOWN_MS = 15_000;

export function attachController(shell: FakeShell): FakeController {
  const controller: FakeController = { connectedTo: null };
  const { world } = shell;
  world.onEnd = (process) => {
    if (process.instance === '@controller.1') controller.connectedTo = null;
    const delayMs = world.dice.chance(0.02) ? 1_000 : world.dice.int(1, 5);
    if (process.exit !== null) {
      later(shell, delayMs, { kind: 'run-exited', token: process.token, exit: process.exit });
    } else if (process.childAlive || world.dice.chance(0.5)) laterUnknown(shell, process);
    else later(shell, delayMs, { kind: 'tree-gone', token: process.token });
  };
  world.onTreeGone = (process) => {
    later(shell, world.dice.int(1, 6), { kind: 'tree-gone', token: process.token });
  };
  world.onHealth = (process) => {
    if (process.instance === '@controller.1') connect(shell, controller, process);
    else report(shell, controller, process);
  };
  return controller;
}

function laterUnknown(shell: FakeShell, { token }: FakeProcess): void {
  const { clock } = shell.world;
  const atMs = clock.nowMs + clock.wallOffsetMs;
  const exit = { kind: 'unknown', code: null, posixSignal: null, endedBy: null, atMs } as const;
  later(shell, 1_000, { kind: 'run-exited', token, exit });
}

/** After its start, and after each start of the daemon. */
export function connect(
  shell: FakeShell,
  controller: FakeController,
  process: FakeProcess | undefined = controllerProcess(shell),
): void {
  if (process === undefined || !process.alive || !process.ready) return;
  const { world, generation } = shell;
  plan(world.clock, world.dice.int(20, 400), () => {
    if (!process.alive || shell.generation !== generation || shell.state === null) return;
    controller.connectedTo = process.token;
    for (const other of world.processes.values()) {
      if (other.alive && other !== process) report(shell, controller, other);
    }
    reportExternals(shell, controller);
  });
}

/** What is not ours is probed all the time. */
function reportExternals(shell: FakeShell, controller: FakeController): void {
  const { generation, state } = shell;
  if (state === null || controller.connectedTo === null) return;
  for (const instance of state.instances.values()) {
    if (instance.phase !== 'external' || instance.ready) continue;
    const token = `external:${instance.id}`;
    later(shell, 50, { kind: 'health-reported', token, ready: true, alive: true });
  }
  plan(shell.world.clock, 30_000, () => {
    if (shell.generation === generation) reportExternals(shell, controller);
  });
}

export function controllerProcess(shell: FakeShell): FakeProcess | undefined {
  for (const process of shell.world.processes.values()) {
    if (process.instance === '@controller.1' && process.alive) return process;
  }
  return undefined;
}

function report(shell: FakeShell, controller: FakeController, process: FakeProcess): void {
  if (controller.connectedTo === null || process.oneShot) return;
  const { world, generation } = shell;
  const { token } = process;
  const delayMs = world.dice.int(5, process.ready ? 1_000 : 6_000);
  plan(world.clock, delayMs, () => {
    const isHeard = controller.connectedTo !== null && shell.generation === generation;
    if (!isHeard || !process.alive) return;
    const { ready } = process;
    take(shell, { kind: 'health-reported', token, ready, alive: !process.hung });
  });
  if (!process.hung) return;
  plan(world.clock, HANG_KNOWN_MS, () => {
    if (controller.connectedTo === null || !process.alive || !process.hung) return;
    take(shell, { kind: 'end-asked', token, reason: 'hang', kill: true });
  });
}
