/**
 * Finds a port for an instance: claims it among all stacks of this machine, tests it by bind, and
 * names the owner of one that is taken.
 */
import { createServer } from 'node:net';
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import type { PortOwner, PortRange } from '@fettle/core/stack/port';
import { portLockName } from '@fettle/sdk/daemon/paths';
import { holdName, type HeldName } from './abstract-socket.ts';

export type FindPort = Extract<SuperviseEffect, { kind: 'find-port' }>;
export type PortAnswer = Extract<SuperviseEvent, { kind: 'port-granted' | 'port-refused' }>;

export type PortFinder = Readonly<{
  find(request: FindPort): Promise<PortAnswer>;
  /** For a survivor that listens already. */
  claim(instance: string, port: number): Promise<void>;
  release(instance: string, port: number): void;
}>;

type Claim = Readonly<{ instance: string; held: HeldName | null }>;
type Refusal = Readonly<{ port: number; owner: PortOwner }>;

/** Neighbours of the first choice that a fallback tries before it takes any port. */
const neighbours = 100;
const anyPortTries = 50;
const maxRangePorts = 4_096;

export function createPortFinder(ownerOf: (port: number, host: string) => PortOwner): PortFinder {
  const claims = new Map<number, Claim>();
  /** Ports that a search is trying just now. */
  const trials = new Map<number, Promise<Refusal | null>>();

  const claim = async (instance: string, port: number): Promise<boolean> => {
    const existing = claims.get(port);
    if (existing !== undefined) return existing.instance === instance;
    // Reserved at once: another search must not ask for the same name while the kernel answers.
    claims.set(port, { instance, held: null });
    const held = await holdName(portLockName(port)).catch(() => null);
    const current = claims.get(port);
    if (held === null || current?.instance !== instance) {
      held?.release();
      if (current?.instance === instance) claims.delete(port);
      return false;
    }
    claims.set(port, { instance, held });
    return true;
  };

  const release = (instance: string, port: number): void => {
    const existing = claims.get(port);
    if (existing?.instance !== instance) return;
    existing.held?.release();
    claims.delete(port);
  };

  /** null: it is ours now. */
  const take = async (request: FindPort, port: number): Promise<Refusal | null> => {
    // Who only tries a port does not own it, and may be refused by a stranger in a moment.
    for (let other = trials.get(port); other !== undefined; other = trials.get(port))
      await other.catch(() => null);
    const trial = tryPort(request, port);
    trials.set(port, trial);
    try {
      return await trial;
    } finally {
      trials.delete(port);
    }
  };

  const tryPort = async (request: FindPort, port: number): Promise<Refusal | null> => {
    const held = claims.get(port);
    if (held !== undefined && held.instance !== request.instance)
      return { port, owner: ours(held.instance) };
    const hadIt = held !== undefined;
    if (!(await claim(request.instance, port))) return { port, owner: ownerOf(port, request.host) };
    if (await isBindable(port, request.host)) return null;
    if (!hadIt) release(request.instance, port);
    return { port, owner: ownerOf(port, request.host) };
  };

  return {
    find: (request) => findPort(request, (port) => take(request, port)),
    claim: async (instance, port) => {
      await claim(instance, port);
    },
    release,
  };
}

type Take = (port: number) => Promise<Refusal | null>;

async function findPort(request: FindPort, take: Take): Promise<PortAnswer> {
  const taken = new Set(request.taken);
  let refused: Refusal | null = null;
  for (const port of preferredPorts(request)) {
    if (taken.has(port)) continue;
    const refusal = await take(port);
    if (refusal === null) return granted(request, port, refused);
    refused ??= refusal;
  }
  const first = preferredPorts(request).next().value;
  if (refused === null && first !== undefined) refused = { port: first, owner: ours(null) };
  if (request.fallback) {
    const port = await takeAny(request, first ?? null, take);
    if (port !== null) return granted(request, port, refused);
  }
  const owner: PortOwner = refused?.owner ?? unknownOwner;
  const port = refused?.port ?? first ?? 0;
  return { kind: 'port-refused', instance: request.instance, refused: { port, owner } };
}

/** `last` first when it is among the candidates, then the candidates in order. */
function* preferredPorts(request: FindPort): Generator<number> {
  const { last, candidates } = request;
  const among = last !== null && candidates.some((range) => holds(range, last));
  if (among) yield last;
  let count = 0;
  for (const { from, to } of candidates)
    for (let port = from; port <= to && count < maxRangePorts; port += 1, count += 1)
      if (!among || port !== last) yield port;
}

async function takeAny(
  request: FindPort,
  first: number | null,
  take: Take,
): Promise<number | null> {
  const taken = new Set(request.taken);
  const usable = (port: number): boolean =>
    port <= 65_535 && !taken.has(port) && !request.reserved.some((range) => holds(range, port));
  const near = Array.from({ length: first === null ? 0 : neighbours }, (_, at) => first! + at + 1);
  const kept = request.last === null ? [] : [request.last];
  for (const port of [...kept, ...near])
    if (usable(port) && (await take(port)) === null) return port;
  for (let tries = 0; tries < anyPortTries; tries += 1) {
    const port = await anyFreePort(request.host);
    if (port !== null && usable(port) && (await take(port)) === null) return port;
  }
  return null;
}

function granted(request: FindPort, port: number, refused: Refusal | null): PortAnswer {
  return { kind: 'port-granted', instance: request.instance, port, refused };
}

function isBindable(port: number, host: string): Promise<boolean> {
  return bind(port, host).then((bound) => bound !== null);
}

function anyFreePort(host: string): Promise<number | null> {
  return bind(0, host);
}

/** Listens for a moment; the port, or null when the kernel refuses. */
function bind(port: number, host: string): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host, exclusive: true, backlog: 1 }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(bound));
    });
  });
}

function holds(range: PortRange, port: number): boolean {
  return range.from <= port && port <= range.to;
}

function ours(instance: string | null): PortOwner {
  return { pid: null, command: null, kind: 'ours', instance, runningForMs: null };
}

const unknownOwner: PortOwner = {
  pid: null,
  command: null,
  kind: 'unknown',
  instance: null,
  runningForMs: null,
};
