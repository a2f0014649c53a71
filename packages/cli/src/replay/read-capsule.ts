/** Reads a capsule, or the capsule in a scenario, and says clearly why it could not. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isSealed, type SealedCapsule } from '@fettle/controller/loop/seal-capsule';
import { capsuleSchema, readCapsule as readShape } from '@fettle/core/incident/capsule';
import type { Fault } from '@fettle/core/incident/frozen';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes } from '../command.ts';
import { scenarioSchema } from './scenario.ts';

/** Ours are at most 8 MiB of events and as much of what was known before. */
const mostBytes = 128 * 1_048_576;

/** @throws FettleError E-CAPSULE-READ, E-CAPSULE-JSON, E-CAPSULE-BROKEN, E-CAPSULE-CHANGED */
export function readCapsuleFile(file: string): SealedCapsule {
  return readCapsuleText(readText(file), file);
}

/** @throws FettleError as above; `name`: what to call it. */
export function readCapsuleText(text: string, name: string): SealedCapsule {
  const json = capsuleIn(parse(text, name), name);
  const { fault } = readShape(json);
  if (fault !== null) throw brokenCapsule(fault, name);
  const fields = json as Readonly<Record<string, unknown>>;
  if (!isSealed(fields))
    throw new FettleError('E-CAPSULE-CHANGED', `${name} is not as it was exported`, {
      hint: 'export the incident again: fettle incidents export INC-1 --out FILE',
      exitCode: exitCodes.usage,
    });
  return json as SealedCapsule;
}

export function brokenCapsule({ at, message }: Fault, name: string): FettleError {
  return new FettleError('E-CAPSULE-BROKEN', `${name}: ${at} ${message}`, {
    hint: `it wants a file of ${capsuleSchema}: fettle incidents export INC-1 --out FILE`,
    exitCode: exitCodes.usage,
  });
}

function readText(file: string): string {
  const unread = (reason: string): FettleError =>
    new FettleError('E-CAPSULE-READ', `${file} cannot be read: ${reason}`, {
      hint: 'fettle incidents export INC-1 --out FILE writes one',
      exitCode: exitCodes.usage,
    });
  const facts = statSync(resolve(file), { throwIfNoEntry: false });
  if (facts === undefined) throw unread('there is no such file');
  if (!facts.isFile()) throw unread('it is no ordinary file');
  if (facts.size > mostBytes) throw unread('it is larger than 128 MiB');
  try {
    return readFileSync(resolve(file), 'utf8');
  } catch (cause) {
    throw unread(cause instanceof Error ? cause.message : String(cause));
  }
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { line, column } = placeOf(text, faultAt(text));
    const where = ` at line ${line}, column ${column}`;
    throw new FettleError('E-CAPSULE-JSON', `${name} is no JSON${where}: ${shortened(reason)}`, {
      hint: 'it was cut, or is no capsule: export the incident again',
      cause,
      exitCode: exitCodes.usage,
    });
  }
}

function placeOf(text: string, at: number): Readonly<{ line: number; column: number }> {
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}

/** Where JSON ends to be JSON; the engine says so only of some faults, so we halve. */
function faultAt(text: string): number {
  let [sound, wrong] = [0, text.length + 1];
  while (wrong - sound > 1) {
    const middle = Math.floor((sound + wrong) / 2);
    if (mayGoOn(text.slice(0, middle))) sound = middle;
    else wrong = middle;
  }
  return sound;
}

/** Is it the beginning of something that is JSON? */
function mayGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : '';
    const at = /position (\d+)/.exec(reason)?.[1];
    return /end of JSON input|Unterminated/.test(reason) || Number(at) === beginning.length;
  }
}

/** What stands there may be anything. */
function shortened(reason: string): string {
  return reason.replaceAll(/\s+/g, ' ').slice(0, 120);
}

function capsuleIn(json: unknown, name: string): unknown {
  if (typeof json !== 'object' || json === null) return json;
  const { schema, capsule } = json as Readonly<Record<string, unknown>>;
  if (schema !== scenarioSchema) return json;
  if (capsule === undefined)
    throw brokenCapsule({ at: 'capsule', message: 'is missing in the scenario' }, name);
  return capsule;
}
