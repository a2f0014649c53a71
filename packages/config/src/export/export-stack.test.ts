import { describe, expect, test } from 'vitest';
import type { ForeignFormat } from '../import/draft.ts';
import { exportStack } from './export-stack.ts';

const text = `# the shop
services:
  # pages
  web:
    command: node web.js --name "a b"
    port: 3000
    environment: { TOKEN: '\${TOKEN}', PRICE: 5$$, HOME: }
    depends_on: { db: { condition: service_healthy } }
    restart: on-failure
    stop_grace_period: 1m30s
    mem_limit: 300m
  db:
    command: exec db && true
    health: { http: 'http://127.0.0.1:80/ok', interval: 3s }
    restart: 'no'
`;
const exported = (format: ForeignFormat, from = text) =>
  exportStack({ path: '/s/fettle.yaml', name: 'fettle.yaml', baseDir: '/s', text: from }, format);
const textOf = (format: ForeignFormat) => exported(format).files[0]?.text ?? '';

describe('what each tool is told', () => {
  test('procfile', () => {
    expect(textOf('procfile')).toBe(`# the shop

# pages
web: PORT=3000 TOKEN="\${TOKEN}" PRICE='5$' node web.js --name "a b"
db: exec db && true
`);
  });
  test('pm2: a variable comes from the environment of the reader, and is not written out', () => {
    expect(textOf('pm2')).toContain(`    {
      name: "web",
      script: "node web.js --name \\"a b\\"",
      env: {
        PORT: "3000",
        TOKEN: process.env.TOKEN,
        PRICE: "5$",
        HOME: process.env.HOME,
      },`);
    expect(textOf('pm2')).toContain('kill_timeout: 90000');
  });
  test('process-compose', () => {
    expect(textOf('process-compose')).toContain('condition: process_healthy');
    expect(textOf('process-compose')).toContain('period_seconds: 3');
  });
  test('supervisord', () => {
    const ini = textOf('supervisord');
    expect(ini).toContain(`command=node web.js --name 'a b'\n`);
    expect(ini).toContain(
      `environment=PORT="3000",TOKEN="%(ENV_TOKEN)s",PRICE="5$",HOME="%(ENV_HOME)s"`,
    );
    expect(ini).toContain('autorestart=unexpected\nstopwaitsecs=90\n');
  });
  test('systemd: a unit each', () => {
    const { files } = exported('systemd');
    expect(files.map(({ name }) => name)).toEqual(['web.service', 'db.service']);
    expect(files[0]?.text).toContain('ExecStart=node web.js --name "a b"\n');
    expect(files[0]?.text).toContain('Requires=db.service\n');
    expect(files[1]?.text).toContain('Type=oneshot\n');
  });
  test('package', () => {
    expect(JSON.parse(textOf('package'))).toMatchObject({
      scripts: { start: 'concurrently npm:start:web npm:start:db', 'start:db': 'exec db && true' },
    });
  });
  test('compose: our own words are set aside', () => {
    expect(textOf('compose')).toContain('x-fettle:\n      port: 3000\n');
  });
});

test('what a tool has no word for is named', () => {
  expect(exported('procfile').lost).toContainEqual({ service: 'web', key: 'mem_limit' });
  expect(exported('systemd').lost).toEqual([{ service: 'db', key: 'health' }]);
});
