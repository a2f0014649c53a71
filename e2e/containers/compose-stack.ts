/** A Compose file as teams have it, with the programs behind it: PostgreSQL, Redis, an API in Python. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { imageOfPrograms, type TestEngine } from './engine.kit.ts';

/** Debian's places; null: not installed. */
function postgresHome(): string | null {
  const home = '/usr/lib/postgresql';
  const versions = existsSync(home) ? readdirSync(home).toSorted() : [];
  const found = versions.map((version) => join(home, version)).findLast(existsSync);
  return found ?? null;
}

export function whyNoDatabases(): string | null {
  if (postgresHome() === null) return 'PostgreSQL is missing (apt install postgresql)';
  if (!existsSync('/usr/bin/redis-server')) return 'Redis is missing (apt install redis-server)';
  return null;
}

/** As the official image does: a data folder that is filled at the first start. */
const entry = `#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres "$PGDATA"
  exec su postgres -s /bin/sh -c "$0"
fi
[ -e "$PGDATA/PG_VERSION" ] || initdb -A trust -U postgres -N --no-locale >/dev/null
exec postgres -c listen_addresses='*' -c fsync=off -c unix_socket_directories=/tmp
`;

export async function buildDatabases(engine: TestEngine): Promise<void> {
  const home = postgresHome() ?? '';
  const version = home.split('/').at(-1) ?? '';
  const programs = ['postgres', 'initdb', 'pg_isready'].map((name) => join(home, 'bin', name));
  const entryText = Buffer.from(entry).toString('base64');
  await imageOfPrograms(engine, 'test/postgres:1', {
    programs,
    folders: [`/usr/share/postgresql/${version}`, join(home, 'lib'), '/usr/share/zoneinfo/Etc'],
    lines: [
      `ENV PATH=${join(home, 'bin')}:/bin PGDATA=/var/lib/postgresql/data`,
      `RUN echo ${entryText} | busybox base64 -d > /entry.sh && busybox chmod +x /entry.sh`,
      'VOLUME /var/lib/postgresql/data',
      'EXPOSE 5432',
      'STOPSIGNAL SIGINT',
      'ENTRYPOINT ["/entry.sh"]',
    ].join('\n'),
  });
  await imageOfPrograms(engine, 'test/redis:1', {
    programs: ['/usr/bin/redis-server'],
    lines: 'EXPOSE 6379\nCMD ["/usr/bin/redis-server","--save","","--protected-mode","no"]',
  });
}

/** It counts in Redis and greets PostgreSQL, with what its environment says and nothing else. */
export const api = `import http.server, os, socket

def redis():
    with socket.create_connection((os.environ['CACHE_HOST'], int(os.environ['CACHE_PORT'])), 2) as s:
        s.sendall(b'*2\\r\\n$4\\r\\nINCR\\r\\n$5\\r\\nvisit\\r\\n')
        return s.recv(64).decode().strip(':\\r\\n')

def postgres():
    with socket.create_connection((os.environ['DB_HOST'], int(os.environ['DB_PORT'])), 2) as s:
        s.sendall((8).to_bytes(4, 'big') + (80877103).to_bytes(4, 'big'))
        return s.recv(1).decode()

class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            body, code = f'visits {redis()} ssl {postgres()}\\n', 200
        except OSError as error:
            body, code = f'{error}\\n', 503
        self.send_response(code)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words):
        pass

http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Api).serve_forever()
`;

export const compose = `name: bring
services:
  db:
    image: test/postgres:1
    environment:
      POSTGRES_PASSWORD: secret
    ports:
      - "5432:5432"
    volumes:
      - pgdata:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U postgres -h 127.0.0.1"]
      interval: 1s
      timeout: 5s
      retries: 10
  cache:
    image: test/redis:1
    ports:
      - "6379:6379"
  api:
    command: python3 -u api.py
    ports:
      - "8000"
    depends_on:
      db:
        condition: service_healthy
      cache:
        condition: service_started
  asker:
    image: fettle-test/toolbox:1
    command: ["sh", "-c", "while :; do wget -q -O- $$API_URL; sleep 0.2; done"]
    init: true
    depends_on: [api]
volumes:
  pgdata:
`;
