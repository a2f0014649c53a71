// A controller that does nothing but live: the supervisor's tests kill it and see it come back.
import { createServer } from 'node:net';

createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1');
