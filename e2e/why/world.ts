/** Starts the outside world of the dying programs, and says what this machine can run. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DyingProgram } from './dying-program.ts';

export type World = Readonly<{
  /** `CLOSED_PORT`, `HELD_PORT`, … as text, for the programs' environment. */
  environment: Readonly<Record<string, string>>;
  /** Pid of the foreign process that holds the ports. */
  pid: number;
  stop(): Promise<void>;
}>;

export async function startWorld(folder: string): Promise<World> {
  const certificate = selfSigned(folder);
  const script = fileURLToPath(new URL('world-process.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, ...certificate], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const signal = AbortSignal.timeout(10_000);
  const [line] = (await once(createInterface(child.stdout), 'line', { signal })) as [string];
  const ports = JSON.parse(line) as Record<string, number>;
  const environment: Record<string, string> = { CLOSED_PORT: String(await closedPort()) };
  for (const [name, port] of Object.entries(ports)) environment[name] = String(port);
  return {
    environment,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(5_000) });
      child.stdin.end();
      await gone;
    },
  };
}

/** A port that was free a moment ago and that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening', { signal: AbortSignal.timeout(5_000) });
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Key and certificate file; empty where there is no openssl. */
function selfSigned(folder: string): readonly string[] {
  const key = join(folder, 'key.pem');
  const certificate = join(folder, 'cert.pem');
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost'.split(' ');
  const made = runs('openssl', [...request, '-keyout', key, '-out', certificate]);
  return made ? [key, certificate] : [];
}

/** Why the program cannot run here; null: it can. */
export function cannotRun(program: DyingProgram, world: World): string | null {
  if (program.unless === 'root' && process.getuid?.() === 0) return 'root may do anything';
  if (program.needs !== undefined && !has(program.needs))
    return `${program.needs} is not installed`;
  for (const name of program.modules ?? [])
    if (!runs('python3', ['-c', `import ${name}`])) return `Python has no ${name}`;
  const sources = [...Object.values(program.files ?? {}), ...program.command].join('\n');
  if (/TLS_PORT/.test(sources) && world.environment['TLS_PORT'] === undefined)
    return 'openssl is not installed';
  return null;
}

const known = new Map<string, boolean>();
function has(command: string): boolean {
  // A namespace of one's own may be forbidden although the command is there.
  const mount = ['-rm', 'mount', '-t', 'tmpfs', '-o', 'ro', 'none', '/mnt'];
  const java = command === 'java' ? ['-version'] : ['--version'];
  const args = command === 'unshare' ? mount : java;
  const answer = known.get(command) ?? runs(command, args);
  known.set(command, answer);
  return answer;
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** PATH with the Node that runs us first: the programs are written for it. */
export function pathWithOwnNode(): string {
  return `${dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/bin:/bin'}`;
}
