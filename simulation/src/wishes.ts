/**
 * The people: what they asked for, kept apart from what the policy believes they asked for. They
 * repeat their wish when a death of the daemon lost it (a full disk), as a person would.
 */
import { randomEdit, randomMembership } from './random-stack.ts';
import { take, type FakeShell } from './fake-shell.ts';
import { plan } from './virtual-clock.ts';

export type Wishes = Readonly<{
  /** Service to what was asked last. */
  stopped: Map<string, number>;
  replicas: Map<string, number>;
  actOnce(): void;
  /** From now on they act now and then. */
  begin(): void;
  repeatLost(): void;
  /** Everything shall run; a failed job is tried again. */
  wantAll(): void;
}>;

const MEAN_MS = 4 * 60_000;
const ACTOR = 'person';

export function createWishes(shell: FakeShell): Wishes {
  const { world } = shell;
  const { dice, clock } = world;
  const stopped = new Map<string, number>();
  const replicas = new Map<string, number>();
  let serial = 1_000;
  const names = () =>
    shell.stack.services.filter(({ external }) => !external).map(({ name }) => name);
  const give = (
    command: 'start' | 'stop' | 'restart' | 'reset',
    services: readonly string[],
    rolling = false,
  ) => {
    if (shell.state === null) return;
    for (const service of services.length === 0 ? names() : services) {
      if (command === 'stop') stopped.set(service, clock.nowMs);
      else stopped.delete(service);
    }
    take(shell, { kind: 'command-given', command, services, actor: ACTOR, rolling });
  };
  const scale = () => {
    const service = dice.pick(shell.stack.services);
    if (service.oneShot || service.external || shell.state === null) return;
    const count = dice.int(1, service.maxReplicas);
    replicas.set(service.name, count);
    take(shell, { kind: 'scale-asked', service: service.name, replicas: count, actor: ACTOR });
  };
  const apply = () => {
    if (shell.state === null) return;
    const edited = dice.chance(0.6)
      ? randomEdit(dice, shell.stack)
      : randomMembership(dice, shell.stack, (serial += 1));
    for (const { name } of shell.stack.services) {
      if (edited.services.some((service) => service.name === name)) continue;
      stopped.delete(name);
      replicas.delete(name);
    }
    shell.stack = edited;
    take(shell, { kind: 'stack-applied', stack: edited });
  };
  const someNames = () => {
    const all = names();
    if (dice.chance(0.05)) return [];
    return [...new Set([dice.pick(all), dice.pick(all)])];
  };
  const movePort = () => {
    const ids = [...(shell.state?.instances.values() ?? [])]
      .filter(({ service }) => service.definition.port !== null && !service.definition.external)
      .map(({ id }) => id);
    if (ids.length === 0) return;
    const to = dice.chance(0.3) ? dice.int(8_000, 8_200) : null;
    take(shell, { kind: 'port-move-asked', instance: dice.pick(ids), to, actor: ACTOR });
  };
  const actOnce = () => {
    const roll = dice.int(0, 10);
    if (roll <= 1) give('stop', someNames());
    else if (roll <= 4) give('start', someNames());
    else if (roll === 5) give('restart', someNames(), dice.chance(0.5));
    else if (roll === 6) give('reset', someNames());
    else if (roll === 7) scale();
    else if (roll === 8) movePort();
    else apply();
  };
  const begin = () => {
    plan(clock, dice.waitMs(MEAN_MS), () => {
      if (world.troubled) actOnce();
      begin();
    });
  };
  const repeatLost = () => {
    if (!shell.lostEntries || shell.state === null) return;
    shell.lostEntries = false;
    for (const name of names()) give(stopped.has(name) ? 'stop' : 'start', [name]);
    for (const [service, count] of replicas) {
      take(shell, { kind: 'scale-asked', service, replicas: count, actor: ACTOR });
    }
  };
  const wantAll = () => {
    stopped.clear();
    for (const { name } of shell.stack.services) give('start', [name]);
  };
  return { stopped, replicas, actOnce, begin, repeatLost, wantAll };
}
