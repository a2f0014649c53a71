/**
 * Asks the ports of somebody else's service: a GET where HTTP may be spoken, a bare connection where
 * the program speaks something else, so that no server logs a broken request because of us.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import type { FoundService } from '@fettle/core/found/find-services';
import type { PortAnswer } from '@fettle/core/found/judge-found';

const patienceMs = 2_000;
/** Those that speak no HTTP, by program and by port. */
const otherPrograms =
  /postgres|mysqld|mariadbd|redis|valkey|memcached|mongod|beam|rabbitmq|kafka|zookeeper|sshd|ftpd|smtp|postfix|dovecot|named|slapd|docker-proxy/;
const otherPorts = new Set([22, 25, 53, 110, 143, 3306, 5432, 5672, 6379, 9092, 11_211, 27_017]);
/** At most so many ports of one service: a program with hundreds is asked for the first. */
const mostPorts = 4;

export async function askPorts(service: FoundService): Promise<readonly PortAnswer[]> {
  const isOther = service.instances.some(({ root }) => otherPrograms.test(root.name));
  const asked = service.listening.slice(0, mostPorts);
  return Promise.all(
    asked.map(({ address, port }) => {
      const host = hostOf(address);
      return isOther || otherPorts.has(port) ? askPlainly(host, port) : askPaths(host, port);
    }),
  );
}

/** Who listens everywhere is reached over loopback. */
function hostOf(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** The first path that answers below 400; else what `/` said. */
async function askPaths(host: string, port: number): Promise<PortAnswer> {
  let last: PortAnswer | null = null;
  for (const path of ['/healthz', '/health', '/']) {
    last = await askPath(host, port, path);
    if (last.result !== 'answers' || (last.status ?? 500) < 400) return last;
  }
  return last ?? { port, result: 'not asked', path: null, status: null, tookMs: null };
}

function askPath(host: string, port: number, path: string): Promise<PortAnswer> {
  const startMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<PortAnswer>();
  const tell = (result: PortAnswer['result'], status: number | null): void =>
    resolve({ port, result, path, status, tookMs: Math.round(performance.now() - startMs) });
  const asking = request(
    { host, port, path, agent: false, headers: { 'user-agent': 'fettle-try', accept: '*/*' } },
    (response) => {
      response.destroy();
      tell('answers', response.statusCode ?? null);
    },
  );
  asking.setTimeout(patienceMs, () => {
    tell('silent', null);
    asking.destroy();
  });
  // Something other than HTTP came back, or the connection was closed at once: it is alive.
  asking.once('error', (error: NodeJS.ErrnoException) =>
    tell(error.code === 'ECONNREFUSED' ? 'refused' : 'answers', null),
  );
  asking.end();
  return promise;
}

function askPlainly(host: string, port: number): Promise<PortAnswer> {
  const startMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<PortAnswer>();
  const socket = connect({ host, port });
  const tell = (result: PortAnswer['result']): void => {
    socket.destroy();
    const tookMs = Math.round(performance.now() - startMs);
    resolve({ port, result, path: null, status: null, tookMs });
  };
  socket.setTimeout(patienceMs, () => tell('silent'));
  socket.once('connect', () => tell('answers'));
  socket.once('error', () => tell('refused'));
  return promise;
}
