/** Prints a container as a config again; what is left to the image is left out. */
import type { Container, Mount } from '@fettle/core/stack/container';
import type { Service } from '@fettle/core/stack/service';

type Plain = Record<string, unknown>;
type Words = (words: readonly string[]) => readonly string[];

export function containerDocument(container: Container, service: Service, words: Words): Plain {
  const { build, settings, entrypoint, target, published } = container;
  const document: Plain = { image: container.image };
  if (build !== null)
    document['build'] = present({
      context: build.context,
      dockerfile: build.dockerfile,
      target: build.target,
      args: Object.keys(build.args).length === 0 ? null : build.args,
    });
  if (entrypoint !== null) document['entrypoint'] = words(entrypoint);
  if (service.command.length > 0) document['command'] = words(service.command);
  const ports = published.map(({ host, port, target: inside, protocol }) => ({
    host_ip: host,
    published: port,
    target: inside,
    protocol,
  }));
  const [range] = service.port?.preferred ?? [];
  if (service.port !== null && range !== undefined && target !== null)
    ports.unshift({ host_ip: service.port.host, published: range.from, target, protocol: 'tcp' });
  Object.assign(
    document,
    present({
      ports: ports.length === 0 ? null : ports,
      expose: target !== null && range === undefined ? [String(target)] : null,
      pull_policy: container.pull === 'missing' ? null : container.pull,
      platform: container.platform,
      container_name: container.name,
      working_dir: container.workingDir,
      user: container.user,
      hostname: container.hostname,
      network_mode: container.network === 'stack' ? null : container.network,
      volumes: container.mounts.length === 0 ? null : container.mounts.map(mountDocument),
      shm_size: settings.shmBytes === null ? null : `${settings.shmBytes}b`,
      init: settings.init || null,
      tty: settings.tty || null,
      read_only: settings.readOnly || null,
      privileged: settings.privileged || null,
    }),
    lists({
      cap_add: settings.capAdd,
      cap_drop: settings.capDrop,
      extra_hosts: settings.extraHosts,
      security_opt: settings.securityOpt,
      group_add: settings.groupAdd,
      dns: settings.dns,
    }),
    healthDocument(container),
  );
  if (Object.keys(settings.sysctls).length > 0) document['sysctls'] = settings.sysctls;
  return document;
}

/** The top `volumes`, so that full names read back as they are. */
export function volumesDocument(services: readonly Service[]): Plain {
  const names = services.flatMap(({ container }) =>
    (container?.mounts ?? []).flatMap(({ kind, source }) =>
      kind === 'volume' && source !== null ? [source] : [],
    ),
  );
  return Object.fromEntries([...new Set(names)].map((name) => [name, { name }]));
}

function mountDocument({ kind, source, target, readOnly }: Mount): Plain {
  return present({ type: kind, source, target, read_only: readOnly || null });
}

function healthDocument({ healthcheck }: Container): Plain {
  if (healthcheck === null) return {};
  if (healthcheck === 'none') return { healthcheck: { disable: true } };
  return {
    healthcheck: {
      test: healthcheck.test,
      interval: `${healthcheck.intervalMs}ms`,
      timeout: `${healthcheck.timeoutMs}ms`,
      retries: healthcheck.retries,
      start_period: `${healthcheck.startPeriodMs}ms`,
    },
  };
}

function lists(record: Readonly<Record<string, readonly string[]>>): Plain {
  return Object.fromEntries(Object.entries(record).filter(([, list]) => list.length > 0));
}

function present(record: Plain): Plain {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
