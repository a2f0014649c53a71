/** How a container's run ended, from what the engine says and what we saw happen. Pure. */
import { constants } from 'node:os';
import type { ExitNote, RunExit } from '@fettle/core/supervise/run';
import type { ContainerDocument } from './container-document.ts';

/** What was seen of a run while it lived. */
export type Witness = Readonly<{
  /** The last signal that somebody else sent through the engine, by number; null: none. */
  signalElsewhere: number | null;
  /** Of the event of its end; null: not seen. */
  code: number | null;
}>;

/** The engine has the container still. */
export function exitOf({ State }: ContainerDocument, witness: Witness): RunExit {
  const finishedMs = Date.parse(State.FinishedAt);
  const outOfMemory = State.OOMKilled && State.ExitCode === 137;
  const note = outOfMemory ? null : noteOf(witness);
  const exit = coded(State.ExitCode, Number.isNaN(finishedMs) ? Date.now() : finishedMs, note);
  return outOfMemory ? { ...exit, outOfMemory } : exit;
}

/** Nothing is left to ask, or somebody started it again: `why`. */
export function lostExit(witness: Witness, why: ExitNote, atMs: number): RunExit {
  if (witness.code !== null) return coded(witness.code, atMs, why);
  return { kind: 'unknown', code: null, posixSignal: null, endedBy: null, atMs, note: why };
}

function noteOf({ signalElsewhere }: Witness): ExitNote | null {
  if (signalElsewhere === null) return null;
  return signalElsewhere === constants.signals.SIGKILL ? 'killed-elsewhere' : 'stopped-elsewhere';
}

function coded(code: number, atMs: number, note: ExitNote | null): RunExit {
  const number = code - 128;
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  const posixSignal = code > 128 ? (name ?? null) : null;
  const kind = posixSignal === null ? 'code' : 'signal';
  const exit: RunExit = { kind, code, posixSignal, endedBy: null, atMs };
  return note === null ? exit : { ...exit, note };
}
