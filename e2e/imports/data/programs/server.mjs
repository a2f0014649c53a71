// Answers everything with 200 on PORT, or on --port N.
import { createServer } from 'node:http';
const at = process.argv.indexOf('--port');
const port = Number(at === -1 ? (process.env.PORT ?? 0) : process.argv[at + 1]);
createServer((_request, response) => response.end('ok\n')).listen(port, '127.0.0.1', () => {
  console.log(`listening on ${port}`);
});
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(0));
