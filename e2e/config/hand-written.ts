/** Malformed configs by hand: what no mutation of one line makes. */

export type HandWritten = Readonly<{
  name: string;
  /** `null`: a folder of that name. Without `fettle.yaml` there is none. */
  files: Readonly<Record<string, string | Uint8Array | null>>;
  env?: Readonly<Record<string, string>>;
  code: string;
  /** File that the place must name. */
  file?: string;
  line?: number;
}>;

const ok = 'services:\n  web:\n    command: node web.js\n';
const bytes = (...values: readonly number[]) => Uint8Array.from(values);
const bomb = [
  'x-0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 9 }, (_, at) => {
    const list = Array.from({ length: 9 }, () => `*a${at}`).join(', ');
    return `x-${at + 1}: &a${at + 1} [${list}]`;
  }),
  ok,
].join('\n');

export const handWritten: readonly HandWritten[] = [
  { name: 'no file at all', files: {}, code: 'E-CONFIG-MISSING' },
  { name: 'an empty file', files: { 'fettle.yaml': '' }, code: 'E-CONFIG-EMPTY', line: 1 },
  {
    name: 'comments only',
    files: { 'fettle.yaml': '# nothing\n\n# here\n' },
    code: 'E-CONFIG-EMPTY',
  },
  { name: 'only a document start', files: { 'fettle.yaml': '---\n' }, code: 'E-CONFIG-EMPTY' },
  {
    name: 'no services',
    files: { 'fettle.yaml': 'services: {}\n' },
    code: 'E-CONFIG-EMPTY',
    line: 1,
  },
  {
    name: 'services is empty',
    files: { 'fettle.yaml': 'services:\n' },
    code: 'E-CONFIG-EMPTY',
    line: 1,
  },
  {
    name: 'services is a list',
    files: { 'fettle.yaml': 'services:\n  - web\n' },
    code: 'E-CONFIG-TYPE',
    line: 2,
  },
  {
    name: 'services is missing',
    files: { 'fettle.yaml': 'name: shop\n' },
    code: 'E-CONFIG-REQUIRED',
    line: 1,
  },
  { name: 'text at the top', files: { 'fettle.yaml': 'hello\n' }, code: 'E-CONFIG-TYPE', line: 1 },
  {
    name: 'a list at the top',
    files: { 'fettle.yaml': '- web\n' },
    code: 'E-CONFIG-TYPE',
    line: 1,
  },
  { name: 'a folder', files: { 'fettle.yaml': null }, code: 'E-CONFIG-READ' },
  {
    name: 'latin-1',
    files: { 'fettle.yaml': bytes(0x61, 0x3a, 0x20, 0xe4, 0x0a) },
    code: 'E-CONFIG-READ',
  },
  {
    name: 'UTF-16',
    files: { 'fettle.yaml': bytes(0xff, 0xfe, 0x61, 0x00) },
    code: 'E-CONFIG-READ',
  },
  { name: 'a NUL byte', files: { 'fettle.yaml': `${ok}\0` }, code: 'E-CONFIG-READ' },
  {
    name: 'larger than 1 MiB',
    files: { 'fettle.yaml': `${ok}${'# x\n'.repeat(300_000)}` },
    code: 'E-CONFIG-READ',
  },
  { name: 'an alias bomb', files: { 'fettle.yaml': bomb }, code: 'E-CONFIG-ALIAS' },
  {
    name: 'an alias inside its anchor',
    files: { 'fettle.yaml': `x-a: &a [*a]\n${ok}` },
    code: 'E-CONFIG-ALIAS',
    line: 1,
  },
  {
    name: 'deep nesting',
    files: { 'fettle.yaml': `x-a: ${'['.repeat(90)}${']'.repeat(90)}\n${ok}` },
    code: 'E-CONFIG-DEPTH',
    line: 1,
  },
  {
    name: 'very deep nesting',
    files: { 'fettle.yaml': '['.repeat(200_000) },
    code: 'E-CONFIG-YAML',
  },
  {
    name: 'a merge of text',
    files: { 'fettle.yaml': 'services:\n  web:\n    <<: base\n    command: x\n' },
    code: 'E-CONFIG-YAML',
    line: 3,
  },
  {
    name: 'JSON with a comma too many',
    files: { 'fettle.json': '{"services": {"web": {"comand": "x"}}}' },
    code: 'E-CONFIG-KEY',
    file: 'fettle.json',
    line: 1,
  },
  {
    name: 'broken JSON',
    files: { 'fettle.json': '{"services": {"web": {"command": "x"}' },
    code: 'E-CONFIG-YAML',
    file: 'fettle.json',
  },
  {
    name: 'two circles',
    files: {
      'fettle.yaml':
        'services:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, depends_on: [a]}\n  c: {command: x, depends_on: [d]}\n  d: {command: x, depends_on: [c]}\n',
    },
    code: 'E-CONFIG-CYCLE',
    line: 2,
  },
  {
    name: 'a service that needs itself',
    files: { 'fettle.yaml': 'services:\n  a: {command: x, depends_on: [a]}\n' },
    code: 'E-CONFIG-CYCLE',
    line: 2,
  },
  {
    name: 'a broken override',
    files: { 'fettle.yaml': ok, 'fettle.local.yaml': 'services:\n  web: {prot: 1}\n' },
    code: 'E-CONFIG-KEY',
    file: 'fettle.local.yaml',
    line: 2,
  },
  {
    name: 'a broken environment file',
    files: { 'fettle.yaml': ok, 'fettle.prod.yaml': 'services: [' },
    env: { FETTLE_ENV: 'prod' },
    code: 'E-CONFIG-YAML',
    file: 'fettle.prod.yaml',
  },
  {
    name: 'a bad FETTLE_ENV',
    files: { 'fettle.yaml': ok },
    env: { FETTLE_ENV: '../x' },
    code: 'E-CONFIG-VALUE',
  },
  {
    name: 'a broken compose override',
    files: { 'compose.yaml': ok, 'compose.override.yaml': 'services:\n  web:\n    port: x\n' },
    code: 'E-CONFIG-PORT',
    file: 'compose.override.yaml',
    line: 3,
  },
  {
    name: 'a broken .env',
    files: { 'fettle.yaml': ok, '.env': 'A=1\nthis is no variable\n' },
    code: 'E-CONFIG-ENV-FILE',
    file: '.env',
    line: 2,
  },
  {
    name: 'an open quote in .env',
    files: { 'fettle.yaml': ok, '.env': 'A=1\nB="open\n' },
    code: 'E-CONFIG-ENV-FILE',
    file: '.env',
    line: 2,
  },
  {
    name: 'a broken env_file',
    files: { 'fettle.yaml': `${ok}    env_file: web.env\n`, 'web.env': 'A=${B\n' },
    code: 'E-CONFIG-ENV-FILE',
    file: 'web.env',
    line: 1,
  },
  {
    name: 'a typo in an env_file',
    files: { 'fettle.yaml': `${ok}    env_file: wbe.env\n`, 'web.env': 'A=1\n' },
    code: 'E-CONFIG-ENV-FILE',
    file: 'fettle.yaml',
    line: 4,
  },
  {
    name: 'extends in a circle',
    files: {
      'fettle.yaml': 'services:\n  a: {extends: b, command: x}\n  b: {extends: a, command: x}\n',
    },
    code: 'E-CONFIG-EXTENDS',
    line: 3,
  },
  {
    name: 'extends an unknown service of a file',
    files: {
      'fettle.yaml': 'services:\n  a: {extends: {file: base.yaml, service: wbe}}\n',
      'base.yaml': ok,
    },
    code: 'E-CONFIG-EXTENDS',
    line: 2,
  },
  {
    name: 'a broken file behind extends',
    files: {
      'fettle.yaml': 'services:\n  a: {extends: {file: base.yaml, service: web}}\n',
      'base.yaml': 'services:\n  web: {command: x, port: no}\n',
    },
    code: 'E-CONFIG-PORT',
    file: 'base.yaml',
    line: 2,
  },
  {
    name: 'include of nothing',
    files: { 'fettle.yaml': `include: [nowhere.yaml]\n${ok}` },
    code: 'E-CONFIG-MISSING',
    line: 1,
  },
  {
    name: 'include in a circle',
    files: {
      'fettle.yaml': `include: [b.yaml]\n${ok}`,
      'b.yaml': 'include: [fettle.yaml]\nservices:\n  b: {command: x}\n',
    },
    code: 'E-CONFIG-INCLUDE',
    file: 'b.yaml',
    line: 1,
  },
  {
    name: 'include of a service twice',
    files: { 'fettle.yaml': `include: [b.yaml]\n${ok}`, 'b.yaml': ok },
    code: 'E-CONFIG-INCLUDE',
    file: 'fettle.yaml',
    line: 3,
  },
  {
    name: 'a mistyped include',
    files: { 'fettle.yaml': `include: {file: b.yaml}\n${ok}` },
    code: 'E-CONFIG-INCLUDE',
    line: 1,
  },
  {
    name: 'a dependency in an inactive profile',
    files: {
      'fettle.yaml':
        'services:\n  a: {command: x, depends_on: [b]}\n  b: {command: x, profiles: [dev]}\n',
    },
    code: 'E-CONFIG-PROFILE',
    line: 2,
  },
  {
    name: 'only inactive profiles',
    files: { 'fettle.yaml': 'services:\n  b: {command: x, profiles: [dev]}\n' },
    code: 'E-CONFIG-EMPTY',
  },
  {
    name: 'a volume that nobody named',
    files: {
      'compose.yaml': 'services:\n  db:\n    image: postgres:16\n    volumes: ["data:/data"]\n',
    },
    code: 'E-CONFIG-VALUE',
    file: 'compose.yaml',
    line: 4,
  },
  {
    name: 'a volume without a place',
    files: { 'compose.yaml': 'services:\n  db:\n    image: x\n    volumes: [data]\n' },
    code: 'E-CONFIG-VALUE',
    line: 4,
  },
  {
    name: 'external without url',
    files: { 'fettle.yaml': 'services:\n  db:\n    external: true\n' },
    code: 'E-CONFIG-REQUIRED',
    line: 2,
  },
  {
    name: 'external with a bad url',
    files: { 'fettle.yaml': 'services:\n  db:\n    external: true\n    url: localhost\n' },
    code: 'E-CONFIG-URL',
    line: 4,
  },
  {
    name: 'health without a port',
    files: { 'fettle.yaml': 'services:\n  db:\n    command: x\n    health: /healthz\n' },
    code: 'E-CONFIG-REQUIRED',
    line: 4,
  },
  {
    name: 'replicas outside scale',
    files: {
      'fettle.yaml':
        'services:\n  db:\n    command: x\n    scale: 1-2\n    deploy: {replicas: 5}\n',
    },
    code: 'E-CONFIG-RANGE',
    line: 5,
  },
  {
    name: 'a NUL in a variable',
    files: { 'fettle.yaml': 'services:\n  db:\n    command: x\n    environment: {A: "a\\0b"}\n' },
    code: 'E-CONFIG-VALUE',
    line: 4,
  },
  {
    name: 'a required variable at the top',
    files: { 'fettle.yaml': 'name: ${STACK_NAME_X:?}\nservices:\n  a: {command: x}\n' },
    code: 'E-CONFIG-VARIABLE',
    line: 1,
  },
  {
    name: 'an unknown escape',
    files: { 'fettle.yaml': 'services:\n  a: {command: "x \\q"}\n' },
    code: 'E-CONFIG-YAML',
    line: 2,
  },
  {
    name: 'markdown instead of yaml',
    files: { 'fettle.yaml': '# Shop\n\nIt is a *shop*: buy, sell: more.\n\n- a: b\n  - c\n' },
    code: 'E-CONFIG-YAML',
  },
  {
    name: 'a merge conflict',
    files: { 'fettle.yaml': `<<<<<<< HEAD\n${ok}=======\n${ok}>>>>>>> other\n` },
    code: 'E-CONFIG-YAML',
  },
];
