// Signs over TLS. Key and certificate are files; SIGHUP has them read again.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { readConfig, serve } from './kit.mjs';
import settings from './settings.mjs';
import { say } from './voice.mjs';

readConfig();
const files = () => ({
  key: readFileSync(settings.key),
  cert: readFileSync(settings.certificate),
});
const server = serve({ '*': () => ({ signed: true }) }, (listener) =>
  createServer(files(), listener),
);
server.on('tlsClientError', (error) => {
  // Who connects and leaves at once only looks whether somebody listens.
  if (error.code !== 'ECONNRESET') say('warn', 'handshake-failed', { error: error.message });
});
process.on('SIGHUP', () => {
  server.setSecureContext(files());
  say('info', 'reloaded', {});
});
