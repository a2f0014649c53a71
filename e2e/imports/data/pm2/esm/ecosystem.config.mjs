import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url)));

export default {
  apps: [
    { name: `web v${version}`, script: 'server.mjs', env: { PORT: 18250, CORES: cpus().length } },
    { name: '@shop/worker', script: './worker.mjs', namespace: 'shop', vizion: false },
  ],
};
