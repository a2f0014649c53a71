/**
 * What a healthy service looks like from outside on an ordinary day: traffic with its hours, memory
 * that fills and is collected, odd slow requests, an error now and then, a batch at night.
 */
import type { Metric, Sample } from '@fettle/core/loop/collect/metric';
import type { Dice } from '../dice.ts';
import type { Character } from './soak-stack.ts';

export type Everyday = {
  readonly name: string;
  readonly character: Character;
  readonly dice: Dice;
  /** The present run. */
  startedMs: number;
  release: number;
  /** Traffic is a multiple of the usual until then. */
  flash: { times: number; untilMs: number };
  /** A batch keeps a whole core busy until then. */
  batchUntilMs: number;
  /** What a fault adds; all neutral on a good day. */
  ill: Ill;
  /** Requests that were due and not yet made: traffic is not whole numbers. */
  owed: number;
};

export type Ill = {
  failing: number;
  slower: number;
  cpu: number;
  leakMiBPerS: number;
  floodLines: number;
  sinceMs: number;
};

export const wellIll = (): Ill => ({
  failing: 0,
  slower: 1,
  cpu: 0,
  leakMiBPerS: 0,
  floodLines: 0,
  sinceMs: 0,
});

const mebibyte = 1_048_576;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const warmMs = 60_000;
const mostLines = 24;

export function openEveryday(
  name: string,
  character: Character,
  dice: Dice,
  nowMs: number,
): Everyday {
  const flash = { times: 1, untilMs: 0 };
  const startedMs = nowMs - hourMs;
  const life = { startedMs, release: 1, flash, batchUntilMs: 0, ill: wellIll(), owed: 0 };
  return { name, character, dice, ...life };
}

/** About normal, mean 0 and deviation 1. */
function gauss({ next }: Dice): number {
  return (next() + next() + next() + next() - 2) * 1.732;
}

/** Share of the busiest hour's traffic, jitter and flash crowds included. */
function load({ character, dice, flash }: Everyday, nowMs: number): number {
  const hour = (nowMs % dayMs) / hourMs;
  const day = 0.55 + 0.45 * Math.cos(((hour - character.noon) / 12) * Math.PI);
  const weekend = Math.floor(nowMs / dayMs) % 7 >= 5 ? 0.6 : 1;
  const crowd = nowMs < flash.untilMs ? flash.times : 1;
  return Math.max(0, day * weekend * crowd * (1 + 0.15 * gauss(dice)));
}

/** Things that happen by themselves; `stepMs` has passed. */
export function passTime(life: Everyday, nowMs: number, stepMs: number): void {
  const { dice, character } = life;
  const happens = (everyMs: number): boolean => dice.chance(stepMs / everyMs);
  if (happens(3 * dayMs)) {
    life.flash = { times: 1.5 + dice.next() * 1.5, untilMs: nowMs + dice.int(5, 40) * 60_000 };
  }
  if (character.role === 'batch' && happens(dayMs))
    life.batchUntilMs = nowMs + dice.int(10, 90) * 60_000;
}

export function figuresOf(life: Everyday, nowMs: number): readonly Sample[] {
  const { name, character, dice, ill } = life;
  const busy = load(life, nowMs);
  const ageMs = nowMs - life.startedMs;
  const warming = ageMs < warmMs ? 1 - ageMs / warmMs : 0;
  const batch = nowMs < life.batchUntilMs ? 0.95 + 0.05 * dice.next() : 0;
  const cpu = character.cpu * (0.3 + busy) + batch + warming * 0.5 + ill.cpu;
  const value = (metric: Metric, amount: number): Sample => ({
    subject: name,
    metric,
    value: Math.max(0, amount),
  });
  return [
    value('cpu', cpu * (1 + 0.1 * gauss(dice))),
    value('rss_bytes', memoryMiB(life, nowMs) * mebibyte),
    value('fds', Math.round(character.fds * (0.5 + 0.3 * busy) + 2 * gauss(dice))),
    value('threads', character.threads + (batch > 0 ? 4 : 0)),
    value('connections_in', Math.round(character.fds * 0.2 * busy)),
    value('zombies', dice.chance(0.01) ? dice.int(1, 3) : 0),
  ];
}

/** A floor that fills for an hour after the start, and garbage on top. */
function memoryMiB({ character, dice, startedMs, ill }: Everyday, nowMs: number): number {
  const { memoryMiB: full, garbage, garbageEveryMs } = character;
  const ageMs = nowMs - startedMs;
  const filled = 1 - 0.5 * Math.exp(-ageMs / (0.5 * hourMs));
  const sweep = ((nowMs + startedMs) % garbageEveryMs) / garbageEveryMs;
  const leaked = ill.leakMiBPerS === 0 ? 0 : ((nowMs - ill.sinceMs) / 1_000) * ill.leakMiBPerS;
  return full * (filled + garbage * sweep * (0.9 + 0.1 * dice.next())) + leaked;
}

/** Of our probe, ms. */
export function probeMs({ character, dice, ill }: Everyday): number {
  const spike = dice.chance(0.003) ? 20 : 1;
  return (1 + character.latencyMs * 0.05) * Math.exp(0.3 * gauss(dice)) * spike * ill.slower;
}

export function linesOf(life: Everyday, nowMs: number, stepMs: number): readonly string[] {
  const { character, dice, ill } = life;
  life.owed += character.rps * load(life, nowMs) * (stepMs / 1_000);
  const requests = Math.min(mostLines, Math.floor(life.owed));
  life.owed = Math.min(life.owed - requests, mostLines);
  const lines = Array.from({ length: requests }, () => requestLine(life, nowMs));
  if (dice.chance((character.chatter * stepMs) / 1_000)) lines.push(chatLine(life));
  if (
    character.role === 'worker' &&
    Math.floor(nowMs / 30_000) !== Math.floor((nowMs - stepMs) / 30_000)
  )
    lines.push(`INFO polled queue, ${dice.int(0, 20)} jobs waiting`);
  for (let count = 0; count < ill.floodLines; count += 1)
    lines.push(`WARN retrying ${'connection '.repeat(80)}attempt ${count}`);
  return lines;
}

function requestLine({ character, dice, ill, startedMs }: Everyday, nowMs: number): string {
  const failed = dice.chance(character.failing + ill.failing);
  const warming = nowMs - startedMs < warmMs ? 1 + 3 * dice.next() : 1;
  const tail = dice.chance(0.01) ? 8 : 1;
  const ms = character.latencyMs * Math.exp(0.5 * gauss(dice)) * warming * tail * ill.slower;
  const path = `/${dice.pick(['items', 'orders', 'users'])}/${dice.int(1, 9_999)}`;
  return `GET ${path} ${failed ? 500 : dice.pick([200, 200, 200, 201, 404])} ${ms.toFixed(3)} ms - ${dice.int(10, 9_000)}`;
}

const topics = ['cache', 'session', 'mail', 'invoice', 'search index', 'webhook', 'token'];

/** Mostly calm; an error now and then, and each release has words of its own. */
function chatLine({ dice, release, name }: Everyday): string {
  const topic = dice.pick(topics);
  const at = dice.next();
  if (at < 0.01) return `ERROR ${topic} of ${name} failed: timed out after ${dice.int(1, 9)} s`;
  if (at < 0.03) return `WARN ${topic} is slow, took ${dice.int(200, 900)} ms`;
  if (at < 0.05)
    return `ERROR ${topic} rejected, code E${release % 7}_${topic.length} in step ${release}`;
  if (at < 0.3) return `INFO release ${release}: ${topic} refreshed`;
  return `INFO ${topic} ${dice.int(1, 9_999)} done in ${dice.int(1, 400)} ms`;
}
