/** The small shop of `fettle demo`: a database, an api that needs it, a worker. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const configName = 'fettle.yaml';

/** `databasePort`: where the api looks for it; null: where it is. */
export function demoConfig(databasePort: number | null): string {
  const node = JSON.stringify(process.execPath);
  const slip = databasePort === null ? '' : `\n    environment: { DB_PORT: '${databasePort}' }`;
  return `name: demo
services:
  db:
    command: [${node}, db.mjs]
    port: auto
    health: tcp
  api:
    command: [${node}, api.mjs]
    port: auto
    depends_on: { db: { condition: service_healthy } }
    health: { http: /healthz, interval: 500ms, timeout: 500ms, retries: 3 }${slip}
  worker:
    command: [${node}, worker.mjs]
    depends_on: [api]
`;
}

const files: Readonly<Record<string, string>> = {
  'db.mjs': `import { createServer } from 'node:net';
createServer((socket) => socket.on('error', () => {}).end('hello'))
  .listen(process.env.PORT, '127.0.0.1', () => console.log('database is ready'));
`,
  'api.mjs': `import { createServer } from 'node:http';
import { connect } from 'node:net';

const database = connect(Number(process.env.DB_PORT), '127.0.0.1');
database.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
database.resume();
createServer((request, response) => {
  if (request.url === '/hang') for (;;);
  response.end('ok');
}).listen(process.env.PORT, '127.0.0.1', () => console.log('api is ready'));
`,
  'worker.mjs': `let count = 0;
console.log('worker is ready');
setInterval(() => console.log('worked off order', (count += 1)), 1_000);
`,
};

/** @returns its folder. Paths in it are short: a socket's may not be long. */
export function writeDemo(): string {
  const dir = mkdtempSync(join(tmpdir(), 'fettle-demo-'));
  mkdirSync(join(dir, 'run'), { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  writeFileSync(join(dir, configName), demoConfig(null));
  return dir;
}
