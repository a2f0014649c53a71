// Installs the real components that suites need, where that can be done: as root on Debian.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian package by the file that shows it is there. */
const components = [
  { file: '/usr/bin/chromium', debian: 'chromium' },
  { file: '/usr/bin/promtool', debian: 'prometheus' },
  { file: '/usr/bin/redis-server', debian: 'redis-server' },
  { file: '/usr/lib/postgresql', debian: 'postgresql' },
  { file: '/usr/sbin/dockerd', debian: 'docker.io' },
  { file: '/bin/busybox', debian: 'busybox-static' },
];

/** Names of Debian packages that are still missing afterwards. */
export function installComponents() {
  const missing = () => components.filter(({ file }) => !existsSync(file)).map((c) => c.debian);
  const wanted = missing();
  if (wanted.length === 0 || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return wanted;
  console.error(`setup: installing ${wanted.join(', ')} from Debian, for the tests …`);
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
    // Packages must not start their daemons on a developer's machine.
    RUNLEVEL: '1',
  };
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 2] });
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...wanted);
  return missing();
}
