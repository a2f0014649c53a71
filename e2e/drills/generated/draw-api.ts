/** Draws the HTTP services: those that store or sign something, and the front that asks them all. */
import { join } from 'node:path';
import type { Language } from './program-plan.ts';
import {
  draft,
  needs,
  poolOf,
  variableOf,
  withHttpCheck,
  withSecret,
  type Draft,
  type Sketch,
} from './sketch.ts';
import { accessFormats, timedFormats } from './wording.ts';

type ApiWish = Readonly<{
  /** Where it has the address of its database from; `none`: it has no database. */
  address: 'config' | 'fettle' | 'link' | 'none';
  language?: Language;
  jobs?: string;
  partner?: string;
  secure?: Draft;
  module?: boolean;
  /** Does its health path ask the database? By chance unless told. */
  deep?: boolean;
}>;

/** Where the database is, by what the program reads. */
function addressIn({ ground, database }: Sketch, { address }: ApiWish) {
  if (address === 'config') return { host: '127.0.0.1', port: database.port };
  return address === 'link' ? { host: '127.0.0.1', port: ground.linkPort } : undefined;
}

export function drawApi(sketch: Sketch, wish: ApiWish): Draft {
  const { dice, database, ground, names } = sketch;
  const stores = wish.address !== 'none';
  const variable = dice.pick(['REGION', 'TENANT', 'API_KEY_ID', 'SHARD', 'CURRENCY']);
  const module = wish.module === true ? `${names.noun()}-rules` : null;
  const made = draft(sketch, {
    part: 'api',
    ...(wish.language === undefined ? {} : { language: wish.language }),
    config: {
      timeoutMs: 1_000,
      ...(stores ? { database: addressIn(sketch, wish), pool: poolOf(dice) } : {}),
      pageSize: dice.between(10, 90),
    },
    wanted: stores ? ['timeoutMs', 'pool', 'pageSize'] : ['timeoutMs', 'pageSize'],
    env: { [variable]: names.noun() },
    module,
    settings: {
      // Without durations in its log nobody can see from outside that a link is slow.
      access: dice.pick(wish.address === 'link' ? timedFormats : accessFormats),
      deep: wish.deep ?? (stores && dice.chance(0.5)),
      chatty: dice.chance(0.5),
      needs: [variable],
      database: stores ? variableOf(database.service) : null,
      upstreams:
        wish.partner === undefined ? {} : { [wish.partner]: `${variableOf(wish.partner)}_URL` },
      optional: wish.partner === undefined ? [] : [wish.partner],
      jobs: wish.jobs ?? null,
      module,
      secure:
        wish.secure === undefined
          ? null
          : {
              name: wish.secure.service,
              variable: `${variableOf(wish.secure.service)}_PORT`,
              authority: join(ground.dir, 'certs', wish.secure.service, 'cert.pem'),
            },
    },
    definition: {
      depends_on: {
        ...(stores ? needs(database.service) : {}),
        ...(wish.secure === undefined ? {} : needs(wish.secure.service)),
        ...(wish.partner === undefined
          ? {}
          : { [wish.partner]: { condition: 'service_started', required: false } }),
      },
    },
  });
  return withHttpCheck(sketch, stores ? withSecret(sketch, made) : made);
}

export function drawFront(sketch: Sketch, all: readonly Draft[]): Draft {
  const made = draft(sketch, {
    part: 'front',
    source: 'api',
    config: { timeoutMs: 3_000, pageSize: 20 },
    wanted: ['timeoutMs'],
    settings: {
      access: sketch.dice.pick(accessFormats),
      deep: false,
      chatty: false,
      needs: [],
      database: null,
      upstreams: Object.fromEntries(
        all.map(({ service }) => [service, `${variableOf(service)}_URL`]),
      ),
      byPath: true,
      optional: [],
      jobs: null,
      module: null,
      secure: null,
    },
    definition: {
      depends_on: Object.assign({}, ...all.map(({ service }) => needs(service, 'service_started'))),
    },
  });
  return withHttpCheck(sketch, made);
}
