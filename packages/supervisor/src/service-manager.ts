/**
 * What we tell systemd when it started us: that we are up, what we do, and that we still live.
 *
 * Its messages are datagrams, which Node cannot send: systemd-notify(1) does, twice a watchdog
 * period. The variables are taken away, so that no service speaks in our name.
 * Source: sd_notify(3), sd_watchdog_enabled(3), systemd.exec(5).
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { log } from './own-log.ts';

export type ServiceManager = Readonly<{
  /** We listen and adopted what ran; the watchdog is fed from now on. */
  ready(status: string): void;
  stop(): void;
}>;

type Environment = Record<string, string | undefined>;

/** What systemd and launchd set for the process that they started, and for it alone. */
const ownVariables = [
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
  'MAINPID',
  'MANAGERPID',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
  'SYSTEMD_EXEC_PID',
  'MEMORY_PRESSURE_WATCH',
  'MEMORY_PRESSURE_WRITE',
];

/** Ended by SIGTERM: 128 + 15. Under a manager it tells "restart me" from a `down`, which is 0. */
export const toldToLeave = 143;

/** null: nobody manages us. Removes the variables from `env`. */
export function takeServiceManager(env: Environment): ServiceManager | null {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = env;
  for (const name of ownVariables) delete env[name];
  if (socket === undefined) return null;
  const program = ['/usr/bin/systemd-notify', '/bin/systemd-notify'].find((one) => existsSync(one));
  if (program === undefined) {
    log('error', 'systemd-notify is missing: systemd will think that we do not start');
    return null;
  }
  const say = (words: readonly string[]): void => {
    const child = spawn(program, [...words], {
      env: { NOTIFY_SOCKET: socket },
      stdio: 'ignore',
      timeout: 10_000,
    });
    child.on('error', (cause) => log('error', 'systemd-notify cannot be run', { cause }));
    child.unref();
  };
  const isOurs = pid === undefined || Number(pid) === process.pid;
  const periodMs = isOurs ? Number(usec ?? 0) / 1_000 : 0;
  let timer: NodeJS.Timeout | null = null;
  return {
    ready(status) {
      say(['--ready', `--status=${status}`]);
      if (periodMs > 0) timer = setInterval(() => say(['WATCHDOG=1']), periodMs / 2);
    },
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
}
