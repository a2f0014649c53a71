/**
 * Guesses what a service is, so that rules can be written for databases or workers.
 *
 * The label `fettle.kind` decides; then the program that it runs, then how it is probed. A wrong
 * guess only makes a rule silent, so doubt answers `service`.
 */
import type { Service } from '../../stack/service.ts';
import type { ServiceKind } from './picture.ts';

const kinds: readonly ServiceKind[] = ['database', 'bridge', 'worker', 'job', 'service'];

/** Programs that keep data; matched against the name of the program, not its arguments. */
const databasePrograms =
  /^(?:postgres|postmaster|mysqld?|mariadbd?|redis-server|valkey-server|keydb-server|mongod|memcached|etcd|cockroach|clickhouse(?:-server)?|influxd|cassandra|elasticsearch|opensearch|rabbitmq-server|nats-server|minio)$/;
/** Wrappers that start the real program, which stands further on in the arguments. */
const wrappers = /^(?:sh|bash|env|exec|tini|dumb-init|gosu|su-exec|nice|docker-entrypoint\.sh)$/;

export function serviceKind(service: Service): ServiceKind {
  const told = service.labels['fettle.kind'];
  const named = kinds.find((kind) => kind === told);
  if (named !== undefined) return named;
  if (service.oneShot) return 'job';
  if (runsDatabase(service.command)) return 'database';
  const classed = kinds.find((kind) => kind === service.portClass);
  if (classed !== undefined) return classed;
  if (service.external) return addressOfDatabase(service.externalUrl) ? 'database' : 'service';
  if (service.port === null && !answersRequests(service)) return 'worker';
  return 'service';
}

function runsDatabase(command: readonly string[]): boolean {
  for (const part of command.slice(0, 6)) {
    // A shell's text: its first words.
    for (const word of part.split(/[\s;&|]+/).slice(0, 8)) {
      const program = word.split('/').at(-1) ?? '';
      if (databasePrograms.test(program)) return true;
      if (part === word && !wrappers.test(program) && !word.startsWith('-')) return false;
    }
  }
  return false;
}

function addressOfDatabase(url: string | null): boolean {
  return /^(?:postgres(?:ql)?|mysql|redis|mongodb(?:\+srv)?|amqp|memcached):/.test(url ?? '');
}

function answersRequests(service: Service): boolean {
  return service.healthChecks.some(
    ({ probe }) => probe.kind === 'http' || probe.kind === 'ws' || probe.kind === 'tcp',
  );
}
