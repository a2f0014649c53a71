/** `--with FILE`: a policy or a runbook, told apart by what stands in it. */
import { resolve } from 'node:path';
import type { Problem } from '@fettle/config/problem/problem';
import type { Capsule } from '@fettle/core/incident/capsule';
import { thawLoop } from '@fettle/core/incident/freeze';
import type { Overrides } from '@fettle/core/incident/replay';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes } from '../command.ts';
import type { Session } from '../session.ts';
import { tellProblems } from '../up/load-config.ts';

export type Override = Readonly<{ overrides: Overrides; kind: 'policy' | 'runbook' }>;

/** @throws FettleError E-CAPSULE-WITH; its problems were told then. */
export async function readOverride(
  session: Session,
  file: string,
  capsule: Capsule,
): Promise<Override> {
  const path = resolve(file);
  const { readSource } = await import('@fettle/config/source/read-source');
  const found = readSource(path, process.cwd());
  if (!found.ok) throw unusable(file, found.message, found.hint);
  const { parse } = await import('yaml');
  const isRunbook = namesItself(found.source.text, parse);
  if (isRunbook) return readOwnRunbook(session, file, path);
  const { readPolicy } = await import('@fettle/config/read-policy');
  const stack = thawLoop(capsule.state).state?.picture.stack ?? null;
  const services = (stack?.services ?? []).map(({ name }) => name);
  const { problems, heal, selfHealing } = readPolicy({
    path,
    cwd: process.cwd(),
    services,
    env: session.env,
  });
  if (problems.length > 0) throw told(session, file, problems);
  return { kind: 'policy', overrides: { policy: { heal, selfHealing } } };
}

/** A policy has no name. */
function namesItself(text: string, parse: (text: string) => unknown): boolean {
  try {
    const tree = parse(text);
    return typeof tree === 'object' && tree !== null && 'name' in tree;
  } catch {
    // Its reader tells what is wrong with it, and where.
    return /^name:/m.test(text);
  }
}

async function readOwnRunbook(session: Session, file: string, path: string): Promise<Override> {
  const { readRunbookFiles } = await import('@fettle/controller/loop/load-runbooks');
  const { runbooks, problems } = readRunbookFiles([path], process.cwd());
  if (problems.length > 0) throw told(session, file, problems);
  return { kind: 'runbook', overrides: { runbooks } };
}

function told(session: Session, file: string, problems: readonly Problem[]): FettleError {
  tellProblems(session.output, problems);
  return unusable(file, `${file} has problems`, 'mend what is told above');
}

function unusable(file: string, message: string, hint: string): FettleError {
  return new FettleError('E-CAPSULE-WITH', `--with ${file}: ${message}`, {
    hint,
    exitCode: exitCodes.usage,
  });
}
