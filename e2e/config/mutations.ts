/**
 * Ways to break a config, each with the code and the line that a good error names. `line` counts
 * from 1 in the broken file; null: no line of the file can be blamed.
 */
import type { Random, ValidConfig } from './valid-config.ts';

type Broken = Readonly<{
  lines: readonly string[];
  code: string;
  line: number | null;
  /** The word that the error should suggest. */
  nearest?: string;
}>;
export type Mutation = Readonly<{
  name: string;
  apply(config: ValidConfig, source: Random): Broken;
}>;

/** Values that are wrong for a key, and the code of the error. */
const wrongValues: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  port: [
    ['eighty', 'E-CONFIG-PORT'],
    ['70000', 'E-CONFIG-PORT'],
    ['-1', 'E-CONFIG-PORT'],
    ['8009-8000', 'E-CONFIG-PORT'],
    ['8000.5', 'E-CONFIG-PORT'],
    ['[8000, x]', 'E-CONFIG-PORT'],
    ['{prefer: 99999}', 'E-CONFIG-PORT'],
    ['{prefered: 8000}', 'E-CONFIG-KEY'],
    ['', 'E-CONFIG-TYPE'],
  ],
  ports: [
    ['["8000:eighty"]', 'E-CONFIG-PORT'],
    ['8000', 'E-CONFIG-TYPE'],
    ['["0:99999"]', 'E-CONFIG-PORT'],
  ],
  command: [
    ['{run: node}', 'E-CONFIG-TYPE'],
    ["node 'a.js", 'E-CONFIG-COMMAND'],
    ['[]', 'E-CONFIG-COMMAND'],
    ['""', 'E-CONFIG-COMMAND'],
    ['[node, [a, b]]', 'E-CONFIG-TYPE'],
    ['node ${', 'E-CONFIG-INTERPOLATION'],
    ['node ${NOT_SET_HERE:?say where}', 'E-CONFIG-VARIABLE'],
    ['node ${1X}', 'E-CONFIG-INTERPOLATION'],
    ['node $ x', 'E-CONFIG-INTERPOLATION'],
    ['node ${A!b}', 'E-CONFIG-INTERPOLATION'],
    ['"node ${A:-${B}"', 'E-CONFIG-INTERPOLATION'],
    ['node: server', 'E-CONFIG-YAML'],
    ['@node', 'E-CONFIG-YAML'],
    ['[node, a.js', 'E-CONFIG-YAML'],
    ['*nowhere', 'E-CONFIG-ALIAS'],
  ],
  restart: [
    ['allways', 'E-CONFIG-VALUE'],
    ['on-failure:x', 'E-CONFIG-VALUE'],
    ['always:3', 'E-CONFIG-VALUE'],
    ['[always]', 'E-CONFIG-TYPE'],
    ['3', 'E-CONFIG-VALUE'],
  ],
  stop_signal: [
    ['SIGTREM', 'E-CONFIG-VALUE'],
    ['99', 'E-CONFIG-VALUE'],
    ['[SIGINT]', 'E-CONFIG-TYPE'],
  ],
  stop_grace_period: [
    ['10 seconds', 'E-CONFIG-DURATION'],
    ['ten', 'E-CONFIG-DURATION'],
    ['-5s', 'E-CONFIG-DURATION'],
    ['10S', 'E-CONFIG-DURATION'],
    ['{seconds: 10}', 'E-CONFIG-TYPE'],
    ['9999d', 'E-CONFIG-DURATION'],
  ],
  environment: [
    ['just text', 'E-CONFIG-TYPE'],
    ['{A: [1, 2]}', 'E-CONFIG-TYPE'],
    ['{A: {B: c}}', 'E-CONFIG-TYPE'],
    ['[{A: 1}]', 'E-CONFIG-TYPE'],
    ['{"A B": 1}', 'E-CONFIG-NAME'],
    ['{A: 1, A: 2}', 'E-CONFIG-DUPLICATE'],
    ['{A: "${X:?}"}', 'E-CONFIG-VARIABLE'],
  ],
  env_file: [
    ['nowhere.env', 'E-CONFIG-ENV-FILE'],
    ['[nowhere.env]', 'E-CONFIG-ENV-FILE'],
    ['{path: nowhere.env}', 'E-CONFIG-ENV-FILE'],
    ['{file: a.env}', 'E-CONFIG-KEY'],
    ['.', 'E-CONFIG-ENV-FILE'],
    ['{path: a.env, required: maybe}', 'E-CONFIG-TYPE'],
  ],
  depends_on: [
    ['[nobody]', 'E-CONFIG-DEPENDS'],
    ['{nobody: {condition: service_started}}', 'E-CONFIG-DEPENDS'],
    ['[[api]]', 'E-CONFIG-TYPE'],
    ['{web: {condition: healthy}}', 'E-CONFIG-VALUE'],
    ['{web: {condtion: service_healthy}}', 'E-CONFIG-KEY'],
    ['{web: service_healthy}', 'E-CONFIG-TYPE'],
  ],
  deploy: [
    ['{replicas: many}', 'E-CONFIG-TYPE'],
    ['{replicas: -1}', 'E-CONFIG-RANGE'],
    ['{replicas: 100000}', 'E-CONFIG-RANGE'],
    ['{resources: {limits: {memory: lots}}}', 'E-CONFIG-VALUE'],
    ['{resources: {limits: {memory: 10}}}', 'E-CONFIG-RANGE'],
    ['{resources: {limits: {cpus: 0}}}', 'E-CONFIG-RANGE'],
    ['{resource: {}}', 'E-CONFIG-KEY'],
    ['{restart_policy: {condition: sometimes}}', 'E-CONFIG-VALUE'],
    ['{restart_policy: {delay: soon}}', 'E-CONFIG-DURATION'],
    ['3', 'E-CONFIG-TYPE'],
  ],
  mem_limit: [
    ['512 elephants', 'E-CONFIG-VALUE'],
    ['-512m', 'E-CONFIG-VALUE'],
  ],
  scale: [
    ['4-1', 'E-CONFIG-RANGE'],
    ['a few', 'E-CONFIG-RANGE'],
    ['1.5', 'E-CONFIG-RANGE'],
    ['5000', 'E-CONFIG-RANGE'],
  ],
  required: [
    ['maybe', 'E-CONFIG-TYPE'],
    ['[true]', 'E-CONFIG-TYPE'],
  ],
  external: [['true', 'E-CONFIG-REQUIRED']],
  health: [
    ['healthz', 'E-CONFIG-VALUE'],
    ['{htpp: /healthz}', 'E-CONFIG-KEY'],
    ['{http: healthz}', 'E-CONFIG-URL'],
    ['{http: /a, tcp: true}', 'E-CONFIG-REQUIRED'],
    ['{interval: 5s}', 'E-CONFIG-REQUIRED'],
    ['{http: /a, interval: often}', 'E-CONFIG-DURATION'],
    ['{http: /a, interval: 0s}', 'E-CONFIG-DURATION'],
    ['{http: /a, retries: 0}', 'E-CONFIG-RANGE'],
    ['{http: /a, status: ok}', 'E-CONFIG-VALUE'],
    ['{http: /a, role: live}', 'E-CONFIG-VALUE'],
    ['{http: /a, json: {status: ok}}', 'E-CONFIG-VALUE'],
    ['{tcp: 99999}', 'E-CONFIG-PORT'],
    ['{log: "(unclosed"}', 'E-CONFIG-VALUE'],
    ['{exec: []}', 'E-CONFIG-COMMAND'],
    ['[/a, {http: /b, name: health}]', 'E-CONFIG-DUPLICATE'],
  ],
  healthcheck: [
    ['{test: [curl, -f, http://x]}', 'E-CONFIG-COMMAND'],
    ['{test: []}', 'E-CONFIG-COMMAND'],
    ['{interval: 5s}', 'E-CONFIG-REQUIRED'],
    ['{test: [CMD, true], retries: few}', 'E-CONFIG-TYPE'],
    ['curl', 'E-CONFIG-TYPE'],
  ],
  ulimits: [
    ['{nofile: all}', 'E-CONFIG-TYPE'],
    ['{nofiles: 10}', 'E-CONFIG-KEY'],
  ],
  working_dir: [
    ['nowhere', 'E-CONFIG-WORKING-DIR'],
    ['[.]', 'E-CONFIG-TYPE'],
  ],
  templates: [
    ['[{from: a}]', 'E-CONFIG-REQUIRED'],
    ['{from: a, to: b}', 'E-CONFIG-TYPE'],
  ],
  profiles: [['["a b"]', 'E-CONFIG-NAME']],
  class: [['web', 'E-CONFIG-VALUE']],
  rerun: [['perhaps', 'E-CONFIG-VALUE']],
  extends: [
    ['nobody', 'E-CONFIG-EXTENDS'],
    ['{file: nowhere.yaml, service: a}', 'E-CONFIG-MISSING'],
    ['[web]', 'E-CONFIG-EXTENDS'],
  ],
  image: [['[a, b]', 'E-CONFIG-TYPE']],
  network_mode: [['everywhere', 'E-CONFIG-VALUE']],
};

/** Puts `line` in place of the key's line in one service, or below the service's command. */
function setKey(config: ValidConfig, service: string, [key, value]: readonly [string, string]) {
  const lines = [...config.lines];
  const start = lines.indexOf(`  ${service}:`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('    '));
  const stop = end === -1 ? lines.length : end;
  const at = lines.findIndex(
    (line, index) => index > start && index < stop && line.startsWith(`    ${key}:`),
  );
  const text = value === '' ? `    ${key}:` : `    ${key}: ${value}`;
  if (at === -1) lines.splice(start + 2, 0, text);
  else lines[at] = text;
  return { lines, line: (at === -1 ? start + 2 : at) + 1, start: start + 1 };
}

const valueMutations: readonly Mutation[] = Object.entries(wrongValues).flatMap(([key, values]) =>
  values.map(([value, code]) => ({
    name: `${key}: ${value}`,
    apply: (config: ValidConfig) => {
      const service = config.services.at(-1)!;
      const { lines, line, start } = setKey(config, service, [key, value]);
      // What a service lacks is told where the service starts.
      return { lines, code, line: key === 'external' ? start : line };
    },
  })),
);

const typoKeys = [
  'command',
  'port',
  'health',
  'environment',
  'depends_on',
  'restart',
  'stop_signal',
  'stop_grace_period',
  'healthcheck',
  'deploy',
  'profiles',
  'labels',
  'env_file',
  'working_dir',
  'entrypoint',
  'templates',
  'external',
  'mem_limit',
];

const typo: Mutation = {
  name: 'a typo in a key',
  apply: (config, source) => {
    const key = source.pick(typoKeys);
    const at = 1 + source.below(key.length - 2);
    const swapped = `${key.slice(0, at)}${key[at + 1]}${key[at]}${key.slice(at + 2)}`;
    const forms = [
      `${key.slice(0, at)}${key.slice(at + 1)}`,
      `${key.slice(0, at)}${key[at]}${key.slice(at)}`,
    ];
    const wrong = swapped === key ? forms[1]! : source.pick([swapped, ...forms]);
    const { lines, line } = setKey(config, source.pick(config.services), [wrong, 'x']);
    return { lines, code: 'E-CONFIG-KEY', line, nearest: key };
  },
};

const dependencyTypo: Mutation = {
  name: 'a typo in a dependency',
  apply: (config) => {
    const [first, second = ''] = config.services;
    const wrong = `${second.slice(0, -1)}`;
    const { lines, line } = setKey(config, first!, ['depends_on', `[${wrong}]`]);
    return { lines, code: 'E-CONFIG-DEPENDS', line, nearest: second };
  },
};

const cycle: Mutation = {
  name: 'a circle of dependencies',
  apply: (config, source) => {
    const to = config.services[source.below(config.services.length)]!;
    const { lines } = setKey(config, config.services.at(-1)!, ['depends_on', `[${to}]`]);
    const from = lines.findIndex(
      (line, at) => at > lines.indexOf(`  ${to}:`) && line.includes('depends_on'),
    );
    return { lines, code: 'E-CONFIG-CYCLE', line: from + 1 };
  },
};

const textMutations: readonly Mutation[] = [
  {
    name: 'a tab as indentation',
    apply: ({ lines }, source) => {
      const at = 3 + source.below(lines.length - 3);
      const broken = lines.map((line, index) => (index === at ? line.replace(/^ +/, '\t') : line));
      return { lines: broken, code: 'E-CONFIG-YAML', line: at + 1 };
    },
  },
  {
    name: 'a duplicate key',
    apply: ({ lines }, source) => {
      const at = source.pick(
        lines.flatMap((line, index) => (line.startsWith('    ') ? [index] : [])),
      );
      return {
        lines: lines.toSpliced(at + 1, 0, lines[at]!),
        code: 'E-CONFIG-DUPLICATE',
        line: at + 2,
      };
    },
  },
  {
    name: 'a second document',
    apply: ({ lines }) => ({
      lines: [...lines, '---', 'services: {}'],
      code: 'E-CONFIG-YAML',
      line: lines.length + 1,
    }),
  },
  {
    name: 'a quote that is never closed',
    apply: ({ lines }) => ({
      lines: [...lines, 'x-note: "open'],
      code: 'E-CONFIG-YAML',
      line: null,
    }),
  },
  {
    name: 'a line that is indented too little',
    apply: ({ lines }, source) => {
      const at = source.pick(
        lines.flatMap((line, index) => (line.startsWith('    command') ? [index] : [])),
      );
      const broken = lines.map((line, index) =>
        index === at + 1 ? line.replace('    ', '   ') : line,
      );
      return { lines: broken, code: 'E-CONFIG-YAML', line: at + 2 };
    },
  },
  {
    name: 'a key without a colon',
    apply: ({ lines }, source) => {
      const at = source.pick(
        lines.flatMap((line, index) => (line.startsWith('    port') ? [index] : [])),
      );
      const broken = lines.map((line, index) => (index === at ? line.replace(':', '') : line));
      return { lines: broken, code: 'E-CONFIG-YAML', line: at + 1 };
    },
  },
  {
    name: 'an unknown key at the top',
    apply: ({ lines }) => ({
      lines: [...lines, 'service: {}'],
      code: 'E-CONFIG-KEY',
      line: lines.length + 1,
      nearest: 'services',
    }),
  },
  {
    name: 'a bad name of the stack',
    apply: ({ lines }, source) => ({
      lines: [`name: ${source.pick(['My Shop', 'UPPER', '"-x"', '[a]'])}`, ...lines.slice(1)],
      code: 'E-CONFIG-',
      line: 1,
    }),
  },
  {
    name: 'a bad name of a service',
    apply: ({ lines }, source) => ({
      lines: [
        ...lines,
        `  ${source.pick(['"a b"', '@x', '-x', '"a/b"', 'ä'])}:`.replace('@x', '"@x"'),
        '    command: node x.js',
      ],
      code: 'E-CONFIG-NAME',
      line: lines.length + 1,
    }),
  },
  {
    name: 'a service without a command',
    apply: ({ lines }) => ({
      lines: [...lines, '  idle:', '    port: 9900'],
      code: 'E-CONFIG-REQUIRED',
      line: lines.length + 1,
    }),
  },
  {
    name: 'an empty service',
    apply: ({ lines }) => ({
      lines: [...lines, '  idle:'],
      code: 'E-CONFIG-TYPE',
      line: lines.length + 1,
    }),
  },
  {
    name: 'reserved ranges that overlap',
    apply: ({ lines }) => ({
      lines: [...lines, 'ports:', '  reserved:', '    a: 9000-9010', '    b: 9005-9020'],
      code: 'E-CONFIG-PORT-RESERVED',
      line: lines.length + 4,
    }),
  },
  {
    name: 'a port that is reserved for others',
    apply: (config) => {
      const { lines } = config;
      const at = lines.findIndex((line) => line.startsWith('    port:'));
      return {
        lines: [...lines, 'ports: {reserved: {a: 8000-8005}}'],
        code: 'E-CONFIG-PORT-RESERVED',
        line: at + 1,
      };
    },
  },
];

/** Weighted: kinds with many variants come up more often. */
export const mutations: readonly Mutation[] = [
  ...valueMutations,
  ...Array.from({ length: 40 }, () => typo),
  ...Array.from({ length: 8 }, () => dependencyTypo),
  ...Array.from({ length: 8 }, () => cycle),
  ...Array.from({ length: 3 }, () => textMutations).flat(),
];
