/**
 * Fifty services fail because of one stopped database: one incident, one conversation of messages,
 * one act, on the database. Then two faults that have nothing to do with each other: two incidents,
 * both mended. `node tools/run.mjs e2e/drills/cascade.ts [services]`
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentRow } from '@fettle/sdk/api/incidents';
import { fettleIn } from '../live-shop.ts';
import { rollDice } from './dice.ts';
import { touches } from './drill-result.ts';
import { common, comesTrue, pause, serviceOf, unwell, type DrillStack } from './drill-stack.ts';
import { drawCrowd } from './generated/draw-crowd.ts';
import { layOut } from './generated/lay-out.ts';
import { passwordFrom } from './generated-stack.ts';
import { killBehind, tellRun } from './hands.ts';
import { openMessageReceiver, type MessageReceiver } from './message-receiver.ts';

export type CascadeResult = Readonly<{
  services: number;
  /** Most services that were unwell at one time. */
  unwellAtOnce: number;
  incidents: readonly Readonly<{ title: string; cause: string; acts: readonly string[] }>[];
  /** Subjects of messages, and how many of them said that an incident opened. */
  conversations: number;
  opened: number;
  unsigned: number;
  healedS: number | null;
}>;

type Crowd = Pick<DrillStack, 'loop' | 'tell' | 'dir'> &
  Readonly<{ database: string; services: readonly string[]; receiver: MessageReceiver }>;

const healMs = 240_000;
const secretEnv = 'DRILL_HOOK_SECRET';

async function openCrowd(count: number, seed: string): Promise<Crowd & { close(): Promise<void> }> {
  const dice = rollDice(seed);
  const base = mkdtempSync(join(tmpdir(), 'fettle-crowd-'));
  const secret = `whsec_${Buffer.from(passwordFrom(dice)).toString('base64')}`;
  process.env[secretEnv] = secret;
  const receiver = await openMessageReceiver(secret);
  const dir = join(base, 'stack');
  mkdirSync(dir, { recursive: true });
  const plan = drawCrowd(dice, { dir, controls: join(base, 'c'), firstPort: 24_000, count });
  const notify = [{ webhook: receiver.url, secret_env: secretEnv }];
  layOut(plan, () => passwordFrom(dice), { notify });
  const close = async (): Promise<void> => {
    await fettleIn(dir, ['down']);
    receiver.close();
    rmSync(base, { recursive: true, force: true });
  };
  const up = await fettleIn(dir, ['up', '-d', '--wait', '--wait-timeout', '80s']);
  if (up.code !== 0) {
    await close();
    throw new RangeError(`fettle up ended with ${up.code}:\n${up.stdout}${up.stderr}`);
  }
  const [database, ...services] = plan.programs.map(({ service }) => service);
  return {
    dir,
    receiver,
    services,
    database: database ?? '',
    ...common(dir, plan.controls),
    close,
  };
}

/** Lets the faults be, until each has its incident and all is healed; tells what came of it. */
async function follow(
  crowd: Crowd,
  known: ReadonlySet<string>,
  faults: number,
): Promise<CascadeResult> {
  const heardBefore = crowd.receiver.messages.length;
  let unwellAtOnce = 0;
  const healed = await comesTrue(async () => {
    const sick = unwell(await crowd.loop.status());
    unwellAtOnce = Math.max(unwellAtOnce, sick.length);
    const fresh = (await crowd.loop.incidents()).filter(({ id }) => !known.has(id));
    return (
      sick.length === 0 &&
      fresh.length >= faults &&
      fresh.every(({ state }) => state === 'resolved')
    );
  }, healMs);
  // A message that is one too many may come late.
  await pause(5_000);
  const fresh = (await crowd.loop.incidents()).filter(({ id }) => !known.has(id));
  const heard = crowd.receiver.messages.slice(heardBefore);
  return {
    services: crowd.services.length,
    unwellAtOnce,
    incidents: fresh.map(rowOf),
    conversations: new Set(heard.map(({ subject }) => subject)).size,
    opened: heard.filter(({ type }) => type.endsWith('.opened')).length,
    unsigned: heard.filter(({ signed }) => !signed).length,
    healedS: healed === null ? null : Math.round(healed / 100) / 10,
  };
}

const rowOf = ({ title, diagnosis, attempts }: IncidentRow) => ({
  title,
  cause: diagnosis === null ? 'none' : `${diagnosis.class} of ${diagnosis.target}`,
  acts: attempts.filter(touches).map(({ action, target }) => `${action} ${target}`),
});

const idsOf = async ({ loop }: Crowd): Promise<ReadonlySet<string>> =>
  new Set((await loop.incidents()).map(({ id }) => id));

/** One stopped database, then two faults at once, on one stack of `count` services. */
export async function runCascade(
  count: number,
  seed: string,
): Promise<Readonly<{ database: string; one: CascadeResult; two: CascadeResult }>> {
  const crowd = await openCrowd(count, seed);
  try {
    await pause(15_000);
    const hands = crowd as unknown as DrillStack;
    const before = await idsOf(crowd);
    await killBehind(hands, crowd.database, 'SIGTERM');
    const one = await follow(crowd, before, 1);
    await comesTrue(async () => (await serviceOf(hands, crowd.database)).state === 'ok', 30_000);
    const between = await idsOf(crowd);
    const [first = '', second = ''] = crowd.services;
    await tellRun(hands, first, 'handles 6');
    await tellRun(hands, second, 'children 50');
    const two = await follow(crowd, between, 2);
    return { database: crowd.database, one, two };
  } finally {
    await crowd.close();
  }
}

/** What is not as it must be; none: all is. */
export function faultsOf({
  database,
  one,
  two,
}: Awaited<ReturnType<typeof runCascade>>): readonly string[] {
  const acts = one.incidents.flatMap((incident) => incident.acts);
  const said = (good: boolean, text: string): readonly string[] => (good ? [] : [text]);
  return [
    ...said(one.unwellAtOnce >= one.services * 0.8, `only ${one.unwellAtOnce} services failed`),
    ...said(one.incidents.length === 1, `${one.incidents.length} incidents of one database`),
    ...said(one.opened === 1 && one.conversations === 1, `${one.opened} messages of it`),
    ...said(one.unsigned + two.unsigned === 0, 'a message that is not signed'),
    ...said(acts.length === 1, `${acts.length} acts`),
    ...said(
      acts.every((text) => text.endsWith(` ${database}`)),
      `acts: ${acts.join(', ')}`,
    ),
    ...said(one.healedS !== null, 'the database was not healed'),
    ...said(two.incidents.length === 2, `${two.incidents.length} incidents of two faults`),
    ...said(two.healedS !== null, 'the two faults were not both healed'),
  ];
}

async function main(count: number): Promise<void> {
  const result = await runCascade(count, `cascade-${count}`);
  console.log(JSON.stringify(result, null, 2));
  const faults = faultsOf(result);
  console.log(faults.length === 0 ? 'as it must be' : faults.map((text) => `✕ ${text}`).join('\n'));
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) await main(Number(process.argv[2] ?? 50));
