// The outside world that dying programs run into: one foreign process that holds a port, never
// answers on another, speaks TLS with a certificate of its own on a third, HTTP on a fourth.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

const [keyFile, certFile] = process.argv.slice(2);
const status = (request, response) => {
  response.statusCode = Number(request.url.slice(1)) || 200;
  response.end('seen\n');
};
const silent = () => net.createServer(() => {});
const servers = {
  HELD_PORT: silent(),
  SILENT_PORT: silent(),
  HTTP_PORT: http.createServer(status),
};
if (keyFile !== undefined)
  servers.TLS_PORT = https.createServer(
    { key: readFileSync(keyFile), cert: readFileSync(certFile) },
    status,
  );
const ports = {};
for (const [name, server] of Object.entries(servers)) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  ports[name] = server.address().port;
}
console.log(JSON.stringify(ports));
process.stdin.on('end', () => process.exit(0)).resume();
