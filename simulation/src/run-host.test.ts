import { ok } from 'node:assert/strict';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import { holdRunHost, type HostStage } from '@fettle/supervisor/run-host.contract';
import type { Dice } from './dice.ts';
import { createDigest } from './digest.ts';
import { attachController } from './fake-controller.ts';
import { createWorld, end, type FakeProcess } from './fake-process.ts';
import {
  carryOut,
  createShell,
  killDaemon,
  later,
  startDaemon,
  type Observer,
} from './fake-shell.ts';
import { stopProcess } from './faults.ts';
import { createClock, plan, runNext } from './virtual-clock.ts';

/** No trouble by chance: each scenario says what happens. */
const calmDice: Dice = {
  next: () => 0.5,
  int: (from) => from,
  chance: () => false,
  pick: (from) => from[0]!,
  waitMs: (meanMs) => meanMs,
};
const unseen: Observer = { beforeEvent() {}, onEffect() {}, afterStep() {} };
const limits = { memoryBytes: null, cpus: null, openFiles: null, processes: null };

/** The simulation's machine under its virtual clock; the policy only listens. */
function openStage(): Promise<HostStage> {
  const clock = createClock();
  const world = createWorld(clock, calmDice);
  world.troubled = false;
  const events: SuperviseEvent[] = [];
  const stack = {
    name: 'suite',
    dir: '/suite',
    files: [],
    configModifiedAtMs: 0,
    services: [],
    reservedPorts: [],
  };
  const policy = (_: unknown, event: SuperviseEvent) => {
    if (event.kind === 'daemon-started')
      for (const { token, exit } of event.survivors)
        if (exit !== null) events.push({ kind: 'run-exited', token, exit });
    events.push(event);
    return [];
  };
  const shell = createShell({ world, policy, observer: unseen, digest: createDigest(), stack });
  attachController(shell);
  startDaemon(shell);
  const find = (token: string): FakeProcess => {
    const process = world.processes.get(token);
    ok(process !== undefined, `${token} lives`);
    return process;
  };
  return Promise.resolve({
    start(token, program) {
      if (program.does === 'is-missing')
        return later(shell, 1, {
          kind: 'spawn-failed',
          token,
          code: 'ENOENT',
          message: 'no such program',
        });
      carryOut(shell, {
        kind: 'spawn',
        token,
        instance: 'one.1',
        command: [],
        workingDir: '/suite',
        environment: {},
        limits,
        templates: [],
        configHash: '',
      });
      const process = find(token);
      if (program.does === 'ignores') process.ignoresStop = true;
      if (program.does === 'serves') process.stopCode = program.code;
      if (program.does === 'exits') plan(clock, 10, () => end(world, process, program.code));
    },
    signal: (token, posixSignal) => carryOut(shell, { kind: 'signal', token, posixSignal }),
    killTree: (token) => carryOut(shell, { kind: 'kill-tree', token }),
    continueTree: (token) => carryOut(shell, { kind: 'continue', token }),
    killOutside: (token) => end(world, find(token), 137),
    freezeOutside: (token) => stopProcess(shell, find(token)),
    takeOver() {
      killDaemon(shell);
      startDaemon(shell);
    },
    output: null,
    events,
    until(what, look) {
      const untilMs = clock.nowMs + 60_000;
      for (;;) {
        const found = look();
        if (found !== null && found !== undefined && found !== false) return Promise.resolve(found);
        ok(runNext(clock, untilMs), `no ${what}: ${JSON.stringify(events)}`);
      }
    },
    close: () => Promise.resolve(),
  });
}

holdRunHost('the simulation', openStage);
