// A small HTTP service that can be told to hang in several ways: GET /busy, /deadlock, /sick, /mute.
import { createServer } from 'node:http';

// Alive also when it no longer listens.
setInterval(() => {}, 1_000_000);
let sick = false;
const server = createServer((request, response) => {
  if (request.url === '/mute') server.close();
  if (request.url === '/sick') sick = true;
  if (request.url === '/well') sick = false;
  response.writeHead(sick ? 503 : 200, { connection: 'close' });
  response.end('ok\n', () => {
    if (request.url === '/busy') for (;;);
    if (request.url === '/deadlock') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
});
server.listen(Number(process.env.PORT), process.env.HOST, () => {
  console.log(`listening on ${process.env.PORT}`);
});
