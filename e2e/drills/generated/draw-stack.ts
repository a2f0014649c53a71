/**
 * Draws a stack by chance: names, languages, ports, wording, formats, who asks whom. The parts are
 * those that the faults need; whatever else a rule could lean on is different each time.
 */
import { join } from 'node:path';
import type { Dice } from '../dice.ts';
import { drawApi, drawFront } from './draw-api.ts';
import { openNames } from './names.ts';
import type { ProgramPlan, StackPlan } from './program-plan.ts';
import {
  checkOf,
  draft,
  needs,
  poolOf,
  withSecret,
  variableOf,
  withHttpCheck,
  type Draft,
  type Ground,
  type Sketch,
} from './sketch.ts';
import { accessFormats } from './wording.ts';

export function drawStack(dice: Dice, ground: Ground): StackPlan {
  const names = openNames(dice.fork('names'));
  const service = names.name('database');
  const port = ground.firstPort + dice.between(0, 19);
  const database = { service, port };
  const slots = { taken: 0 };
  const sketch: Sketch = { dice: dice.fork('programs'), names, ground, database, slots };
  const partner = { service: names.name('partner'), port: ground.partnerPort };
  return {
    name: `${names.noun()}-${dice.between(1, 99)}`,
    dir: ground.dir,
    controls: ground.controls,
    programs: drawPrograms(sketch, partner.service),
    databasePort: port,
    linkPort: ground.linkPort,
    partner,
    disk: join(ground.dir, 'data'),
  };
}

function drawPrograms(sketch: Sketch, partner: string): readonly ProgramPlan[] {
  const { dice, ground } = sketch;
  const consumer = drawConsumer(sketch);
  const secure = drawSecure(sketch);
  const peer = drawPeer(sketch);
  const bridge = drawBridge(sketch, peer);
  const own = drawApi(sketch, { address: 'config', jobs: String(consumer.settings['jobs']) });
  const plain = drawApi(sketch, {
    address: 'fettle',
    language: ground.has.python ? 'python' : 'node',
  });
  const far = drawApi(sketch, { address: 'link', partner });
  const signing = drawApi(sketch, { address: 'none', secure, language: 'node', module: true });
  const extras = Array.from({ length: dice.between(0, 2) }, () =>
    drawApi(sketch, { address: 'none' }),
  );
  const behind = [own, plain, far, signing, ...extras];
  const front = drawFront(sketch, [...behind, bridge]);
  return dice.shuffle([
    drawDatabase(sketch),
    ...behind,
    front,
    drawWorker(sketch),
    consumer,
    drawWriter(sketch),
    peer,
    bridge,
    secure,
    drawCustomers(sketch, front, [...behind, bridge]),
    drawBatch(sketch),
  ]);
}

export function drawDatabase(sketch: Sketch, clients = 0): Draft {
  const { dice, ground, database } = sketch;
  const redis = ground.has.redis && dice.chance(0.4);
  const maxClients = Math.max(clients, dice.between(30, 40));
  return draft(sketch, {
    part: 'database',
    language: redis ? 'redis' : 'node',
    config: { maxClients },
    wanted: ['maxClients'],
    settings: { users: join(ground.dir, 'secrets', 'users.json') },
    definition: {
      port: { prefer: [database.port], fallback: false },
      health: { tcp: true, interval: '1s', timeout: '1s' },
      restart: 'on-failure',
      ...(redis ? {} : { labels: { 'fettle.kind': 'database' } }),
    },
  });
}

function drawWorker(sketch: Sketch): Draft {
  const { dice, database } = sketch;
  const made = draft(sketch, {
    part: 'worker',
    port: false,
    config: { timeoutMs: 1_000, roundMs: 1_000, pool: poolOf(dice) },
    wanted: ['pool', 'roundMs'],
    settings: { database: variableOf(database.service) },
    definition: { depends_on: needs(database.service) },
  });
  return withHeartbeat(withSecret(sketch, made));
}

function withHeartbeat(made: Draft): Draft {
  const health = { heartbeat: made.service, every: '2s', grace: '4s' };
  return { ...made, definition: { ...made.definition, health } };
}

function drawConsumer(sketch: Sketch): Draft {
  const { dice, ground, names } = sketch;
  const jobs = join(ground.dir, 'spool', names.noun());
  const made = draft(sketch, {
    part: 'consumer',
    port: false,
    ...(ground.has.curl && dice.chance(0.3) ? { language: 'sh' as const } : {}),
    config: { roundMs: 500 },
    wanted: ['roundMs'],
    settings: { jobs },
    definition: { labels: { 'fettle.jobs': jobs } },
  });
  return withHeartbeat(made);
}

function drawWriter(sketch: Sketch): Draft {
  const { dice, ground } = sketch;
  const folder = join(ground.dir, 'data');
  const made = draft(sketch, {
    part: 'writer',
    config: { roundMs: 300, words: dice.between(100, 300), fileBytes: 200_000 },
    wanted: ['roundMs', 'words'],
    settings: { folder },
    definition: { cleanup: [`${folder}/exports/*`] },
  });
  return withHttpCheck(sketch, made);
}

function drawPeer(sketch: Sketch): Draft {
  const version = sketch.dice.between(2, 9);
  return draft(sketch, {
    part: 'peer',
    config: { version },
    wanted: ['version'],
    definition: { restart: 'on-failure', health: { tcp: true, interval: '1s', timeout: '1s' } },
  });
}

function drawBridge(sketch: Sketch, peer: Draft): Draft {
  const { dice } = sketch;
  const made = draft(sketch, {
    part: 'bridge',
    language: 'node',
    config: {
      version: peer.config['version'],
      interpreter: sketch.ground.has.python ? dice.pick(['python3', 'sh']) : 'sh',
      pingMs: 1_000,
      silentMs: dice.between(5, 8) * 1_000,
      retryMs: 700,
    },
    wanted: ['version', 'interpreter'],
    settings: { alive: '/alive', peer: variableOf(peer.service), access: dice.pick(accessFormats) },
  });
  const alive = { ...checkOf(dice, '/alive'), name: 'alive', role: 'liveness' };
  const linked = {
    ...checkOf(dice, String(made.settings['health'])),
    name: 'link',
    role: 'readiness',
  };
  const definition = {
    ...made.definition,
    depends_on: { [peer.service]: { condition: 'service_healthy', restart: false } },
    health: [alive, linked],
    labels: { 'fettle.kind': 'bridge' },
  };
  return { ...made, definition };
}

function drawSecure(sketch: Sketch): Draft {
  const made = draft(sketch, { part: 'secure', language: 'node', config: {} });
  const folder = join(sketch.ground.dir, 'certs', made.service);
  return {
    ...made,
    settings: {
      ...made.settings,
      key: join(folder, 'key.pem'),
      certificate: join(folder, 'cert.pem'),
    },
    definition: {
      ...made.definition,
      health: { tcp: true, interval: '1s', timeout: '1s' },
      labels: {
        'fettle.renew': `node ${join(sketch.ground.dir, 'tools', 'renew.mjs')} ${folder} 90`,
      },
    },
  };
}

function drawCustomers(sketch: Sketch, front: Draft, behind: readonly Draft[]): Draft {
  return draft(sketch, {
    part: 'customers',
    language: 'node',
    port: false,
    config: { rate: 6 },
    wanted: ['rate'],
    settings: {
      front: `${variableOf(front.service)}_URL`,
      paths: behind.map(({ service }) => service),
    },
    definition: { depends_on: needs(front.service), required: false },
  });
}

function drawBatch(sketch: Sketch): Draft {
  return draft(sketch, {
    part: 'batch',
    language: 'node',
    port: false,
    config: { seconds: 0 },
    wanted: ['seconds'],
    definition: { restart: 'no', rerun: 'safe', labels: { 'fettle.kind': 'job' } },
  });
}
