/** What drawing one program starts from: names, ports, limits, and the words that it will use. */
import { join } from 'node:path';
import type { Dice } from '../dice.ts';
import type { Namer } from './names.ts';
import type { Language, Part, ProgramPlan, Settings } from './program-plan.ts';
import { drawVoice, styles } from './wording.ts';

export type Ground = Readonly<{
  dir: string;
  controls: string;
  /** First of 200 ports that nobody else uses. */
  firstPort: number;
  linkPort: number;
  partnerPort: number;
  has: Readonly<{ python: boolean; redis: boolean; curl: boolean }>;
}>;

/** A program while it is being drawn. */
export type Draft = ProgramPlan;
export type Sketch = Readonly<{
  dice: Dice;
  names: Namer;
  ground: Ground;
  database: Readonly<{ service: string; port: number }>;
  /** Ranges of ports that were handed out. */
  slots: { taken: number };
}>;

const healthPaths = ['/health', '/healthz', '/status', '/ready', '/_health', '/up'];
const files: Readonly<Record<string, readonly string[]>> = {
  node: ['main', 'server', 'index', 'app', 'start'],
  python: ['main', 'run', 'app', 'serve', '__init'],
};
export const variableOf = (service: string): string =>
  service.toUpperCase().replace(/[^A-Z0-9]/g, '_');

type Wish = Readonly<{
  part: Part;
  source?: string;
  language?: Language;
  port?: boolean;
  wanted?: readonly string[];
  config?: Readonly<Record<string, unknown>>;
  settings?: Readonly<Record<string, unknown>>;
  definition?: Readonly<Record<string, unknown>>;
  env?: Readonly<Record<string, string>> | null;
  module?: string | null;
}>;

export function draft(sketch: Sketch, wish: Wish): Draft {
  const { dice, names, ground } = sketch;
  const service = wish.part === 'database' ? sketch.database.service : names.name(wish.part);
  const language = wish.language ?? (ground.has.python && dice.chance(0.5) ? 'python' : 'node');
  const first = ground.firstPort + 20 + (sketch.slots.taken += 1) * 9;
  const ports = wish.port === false ? {} : { port: `${first}-${first + dice.between(1, 8)}` };
  const health = dice.pick(healthPaths);
  return {
    part: wish.part,
    service,
    language,
    source: wish.source ?? wish.part,
    file: dice.pick(files[language] ?? ['main']),
    settings: {
      name: service,
      controls: ground.controls,
      style: dice.pick(styles),
      voice: drawVoice(dice),
      logger: `io.${names.noun()}.${service.replace(/\W/g, '')}.Main`,
      access: null,
      config: join(ground.dir, 'conf', `${service}.json`),
      wanted: wish.wanted ?? [],
      refusal: dice.pick([1, 2, 78]),
      health,
      noun: names.noun(),
      ...wish.settings,
    } as Settings,
    config: wish.config ?? {},
    env: wish.env ?? null,
    module: wish.module ?? null,
    definition: {
      ...ports,
      mem_limit: language === 'python' ? '160m' : '260m',
      ulimits: { nofile: 160 },
      stop_grace_period: '3s',
      ...wish.definition,
    },
  };
}

export const checkOf = (dice: Dice, http: string): Readonly<Record<string, unknown>> => ({
  http,
  interval: dice.pick(['1s', '1500ms', '2s']),
  timeout: '1s',
  retries: 3,
});

export const needs = (service: string, condition = 'service_healthy') => ({
  [service]: { condition },
});

export const poolOf = (dice: Dice) => ({
  max: dice.between(3, 6),
  acquireMs: dice.pick([600, 800, 1_000]),
  idleMs: 3_000,
});

/** The check asks where the program answers. */
export function withHttpCheck({ dice }: Sketch, made: Draft): Draft {
  const health = checkOf(dice, String(made.settings['health']));
  return { ...made, definition: { ...made.definition, health } };
}

/** Each client of the database has a user of its own, and the password in a file. */
export function withSecret({ ground }: Sketch, made: Draft): Draft {
  const secret = join(ground.dir, 'secrets', `${made.service}.txt`);
  return { ...made, settings: { ...made.settings, secret } };
}
