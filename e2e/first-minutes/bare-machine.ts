/**
 * A machine on which there is nothing but a base system, git and Node: an empty home, no cache, no
 * settings, and a PATH that leads to a short list of programs. What a machine needs to reach the
 * network at all (a proxy, certificates) is taken over, for that is its own.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root as repository } from '../live-shop.ts';

export type BareMachine = Readonly<{
  /** A folder to work in, as the machine names it. */
  root: string;
  /** What is cloned, as the machine names it. */
  source: string;
  /** The same file as this test names it. */
  seen(path: string): string;
  /** What has to be called here so that it runs there, in `cwd`. */
  call(cwd: string, command: readonly string[]): readonly [string, ...string[]];
  env: Readonly<Record<string, string>>;
  remove(): void;
}>;

/** What Debian's slim image with Node has of what is used here: no python, no compiler. */
const programs = `node npm npx git sh env perl tar gzip setsid nohup cat cp dirname basename
  readlink realpath ls mkdir mv rm sed grep sleep uname head tail tr cut chmod ln id ps`.split(
  /\s+/,
);
const network = /^(https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_file|npm_config_registry)$/i;

export function bareMachine(given: NodeJS.ProcessEnv = process.env): BareMachine {
  const root = mkdtempSync(join(tmpdir(), 'fettle-bare-'));
  const [bin, home, temp] = ['bin', 'home', 'tmp'].map((name) => join(root, name));
  if (bin === undefined || home === undefined || temp === undefined)
    throw new TypeError('three folders');
  for (const folder of [bin, home, temp]) mkdirSync(folder, { mode: 0o700 });
  const path = systemPath(given);
  for (const name of programs) {
    const file = path.map((folder) => join(folder, name)).find((one) => existsSync(one));
    if (file !== undefined) symlinkSync(file, join(bin, name));
  }
  const own = { PATH: bin, HOME: home, TMPDIR: temp, LANG: 'C.UTF-8' };
  const env = { ...own, ...networkOf(given) };
  return {
    root,
    source: repository,
    seen: (path) => path,
    call: (cwd, command) => ['env', `--chdir=${cwd}`, ...command],
    env,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What this machine needs to reach a network. */
export function networkOf(given: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const pairs = Object.entries(given).flatMap(([name, value]) =>
    network.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return Object.fromEntries(pairs);
}

/** Without the Node that this project brought: a newcomer has only the machine's own. */
export function systemPath(given: NodeJS.ProcessEnv): readonly string[] {
  const folders = (given['PATH'] ?? '').split(delimiter);
  return folders.filter((one) => one.startsWith('/') && !one.includes('node_modules'));
}
