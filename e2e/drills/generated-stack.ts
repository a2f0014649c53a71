/** Draws a stack from a seed, writes it, brings it up, and hands it over for drills. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fettleIn } from '../live-shop.ts';
import { rollDice, type Dice } from './dice.ts';
import { common, type DrillStack, type Parts, type Program } from './drill-stack.ts';
import { openFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { drawStack } from './generated/draw-stack.ts';
import { envFile, layOut } from './generated/lay-out.ts';
import { timedFormats } from './generated/wording.ts';
import type { Part, ProgramPlan, StackPlan } from './generated/program-plan.ts';
import { cannotMount, mountSmallDisk, unmount } from './small-disk.ts';

const runs = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { timeout: 10_000 }).status === 0;
const has = {
  python: runs('python3', '-c', 'import http.server, socketserver'),
  redis: runs('redis-server', '--version'),
  curl: runs('curl', '--version'),
};

/** `firstPort`: the first of 200 that this stack may use. */
export async function openGeneratedStack(seed: string, firstPort: number): Promise<DrillStack> {
  const dice = rollDice(seed);
  const base = mkdtempSync(join(tmpdir(), 'fettle-drawn-'));
  const plan = drawStack(dice, {
    dir: join(base, 'stack'),
    controls: join(base, 'c'),
    firstPort,
    // None that the kernel gives to outgoing connections: the partner leaves, and comes back.
    linkPort: firstPort + 198,
    partnerPort: firstPort + 199,
    has,
  });
  layOut(plan, () => passwordFrom(dice));
  const disk = cannotMount() === null && mountSmallDisk(plan.disk) ? plan.disk : null;
  const database = { host: '127.0.0.1', port: plan.databasePort };
  const proxy = await openFaultProxy(database, plan.linkPort);
  const partner = await openPartner(plan.partner?.port ?? 0);
  const close = async (): Promise<void> => {
    await fettleIn(plan.dir, ['down']);
    await proxy.close();
    await partner.switch(false);
    if (disk !== null) unmount(disk);
    rmSync(base, { recursive: true, force: true });
  };
  const up = await fettleIn(plan.dir, ['up', '-d', '--wait', '--wait-timeout', '60s']);
  if (up.code !== 0) {
    await close();
    throw new RangeError(`fettle up ended with ${up.code}:\n${up.stdout}${up.stderr}`);
  }
  return {
    kind: 'generated',
    seed,
    dir: plan.dir,
    parts: partsOf(plan, proxy, partner),
    disk,
    ...common(plan.dir, plan.controls),
    fettle: (...words) => fettleIn(plan.dir, words),
    close,
  };
}

export function passwordFrom(dice: Dice): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  return Array.from({ length: 14 }, () => letters[dice.between(0, letters.length - 1)]).join('');
}

type Switch = Readonly<{ switch(on: boolean): Promise<void> }>;

/** The outside service, in this very process: nobody of the stack owns it. */
async function openPartner(port: number): Promise<Switch> {
  const server = createServer((_request, response) => {
    response.setHeader('connection', 'close');
    response.end('{"weather":"fine"}\n');
  });
  const wanted = async (on: boolean): Promise<void> => {
    if (on === server.listening) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (on) server.once('error', reject).listen(port, '127.0.0.1', resolve);
    else {
      server.close(() => resolve());
      server.closeAllConnections();
    }
    await promise.finally(() => server.off('error', reject));
  };
  await wanted(true);
  return { switch: wanted };
}

function partsOf(plan: StackPlan, proxy: FaultProxy, partner: Switch): Parts {
  const all = plan.programs.map((program) => ({ plan: program, program: handOf(plan, program) }));
  const of = (part: Part) => all.filter((one) => one.plan.part === part);
  const only = (part: Part): Program => {
    const [found] = of(part);
    if (found === undefined) throw new RangeError(`no ${part} was drawn`);
    return found.program;
  };
  const apis = of('api').filter((one) => one.plan.settings['database'] !== null);
  const portIn = ({ plan: { config } }: (typeof all)[number]): unknown =>
    (config['database'] as { port?: number } | undefined)?.port;
  const linked = apis.find((one) => portIn(one) === plan.linkPort);
  const direct = apis.filter((one) => one !== linked);
  const signing = of('api').find((one) => one.plan.settings['secure'] !== null);
  const secure = only('secure');
  const certificate = of('secure')[0]?.plan.settings['certificate'];
  const database = of('database')[0]?.plan;
  return {
    database: {
      ...only('database'),
      port: plan.databasePort,
      maxClients: Number(database?.config['maxClients'] ?? 0),
    },
    apis: direct.map(({ program }) => program),
    plain: of('api').flatMap((one) => (apis.includes(one) ? [] : [one.program])),
    configured: direct.find((one) => portIn(one) === plan.databasePort)?.program ?? null,
    linked: linked === undefined ? null : { program: linked.program, proxy },
    front: only('front'),
    worker: only('worker'),
    consumer: only('consumer'),
    writer: only('writer'),
    peer: only('peer'),
    bridge: only('bridge'),
    secure: {
      program: secure,
      folder: dirname(String(certificate)),
      caller: signing?.program.service ?? '',
    },
    packaged: all.find((one) => one.plan.module !== null)?.program ?? null,
    customers: only('customers'),
    batch: only('batch'),
    partner: plan.partner && { service: plan.partner.service, switch: partner.switch },
  };
}

function handOf(plan: StackPlan, program: ProgramPlan): Program {
  const { settings } = program;
  const text = (key: string): string | null => {
    const value = settings[key];
    return typeof value === 'string' ? value : null;
  };
  const { health } = program.definition;
  // Who only sends heartbeats listens nowhere.
  const isAsked = typeof health === 'object' && health !== null && !('heartbeat' in health);
  const isHttp = isAsked && program.part !== 'database';
  return {
    service: program.service,
    language: program.language,
    health: isHttp ? settings.health : null,
    work: `/${String(settings['noun'])}`,
    config: settings.config,
    env: program.env === null ? null : envFile(plan, program),
    secret: text('secret'),
    jobs: program.part === 'consumer' ? text('jobs') : null,
    folder: text('folder'),
    module:
      program.module === null
        ? null
        : join(plan.dir, 'apps', program.service, 'node_modules', program.module),
    timed: timedFormats.some((format) => format === settings.access),
    memoryLimitMb: Number.parseInt(String(program.definition['mem_limit'] ?? ''), 10) || null,
  };
}
