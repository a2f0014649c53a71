/**
 * A service that runs as a container. Words and meanings are the Compose specification's; what is
 * null or empty is left to the image. Plain JSON data, as all of the stack.
 */

export type Container = Readonly<{
  /** What to run; of an image that is built here, the name that it is given. */
  image: string;
  build: ImageBuild | null;
  pull: 'missing' | 'always' | 'never';
  /** `linux/arm64`; null: the machine's own. */
  platform: string | null;
  /** Asked-for name; null: `<stack>-<service>-<replica>`. */
  name: string | null;
  entrypoint: readonly string[] | null;
  /** A folder inside. */
  workingDir: string | null;
  user: string | null;
  hostname: string | null;
  /** The port inside that the service's `port` publishes; null: none. */
  target: number | null;
  /** Further ports, published where they are asked for or not at all. */
  published: readonly PublishedPort[];
  mounts: readonly Mount[];
  healthcheck: ContainerCheck | 'none' | null;
  /** null: the image's, else SIGTERM. */
  stopSignal: string | null;
  /** `stack`: a network of the stack's own, on which services reach each other by name. */
  network: 'stack' | 'host' | 'none';
  settings: ContainerSettings;
}>;

export type ImageBuild = Readonly<{
  /** Absolute folder. */
  context: string;
  /** Relative to the context; null: `Dockerfile`. */
  dockerfile: string | null;
  target: string | null;
  args: Readonly<Record<string, string>>;
}>;

export type PublishedPort = Readonly<{
  host: string;
  /** 0: any free port. */
  port: number;
  target: number;
  protocol: 'tcp' | 'udp';
}>;

/** `source`: absolute path of a bind, full name of a volume, null for a volume without a name. */
export type Mount = Readonly<{
  kind: 'bind' | 'volume' | 'tmpfs';
  source: string | null;
  target: string;
  readOnly: boolean;
}>;

/** A check that the engine itself runs, inside the container. */
export type ContainerCheck = Readonly<{
  /** As the engine takes it: `CMD`, words… or `CMD-SHELL`, text. */
  test: readonly string[];
  intervalMs: number;
  timeoutMs: number;
  retries: number;
  startPeriodMs: number;
}>;

export type ContainerSettings = Readonly<{
  init: boolean;
  privileged: boolean;
  readOnly: boolean;
  tty: boolean;
  shmBytes: number | null;
  capAdd: readonly string[];
  capDrop: readonly string[];
  /** `name:address`. */
  extraHosts: readonly string[];
  securityOpt: readonly string[];
  groupAdd: readonly string[];
  dns: readonly string[];
  sysctls: Readonly<Record<string, string>>;
}>;

/** Name under which a container reaches processes of this machine. */
export const hostName = 'host.docker.internal';

/** Labels by which we know what we created; nothing without them is ever touched. */
export const stackLabel = 'dev.fettle.stack';
export const instanceLabel = 'dev.fettle.instance';

/** The keeper's word about a live container, in `.fettle/containers/<instance>.json`. */
export type ContainerWord = Readonly<{
  token: string;
  /** The engine's word: `healthy`, `unhealthy`, `starting`; `none`: the image has no check. */
  health: string;
  /** Last output of the check, one line. */
  detail: string;
  /** Wall clock; renewed every few seconds. */
  atMs: number;
}>;
