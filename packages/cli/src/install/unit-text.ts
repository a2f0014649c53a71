/**
 * The unit that keeps a stack's daemon running, for systemd and for launchd.
 *
 * `Type=notify` and `WatchdogSec`: a supervisor that hangs is replaced, and the next one adopts.
 * `KillMode=process`: only the supervisor is ended, services outlive it; a stop of the unit stops
 * them in order by `ExecStop` (`unit-jobs.ts` tells it from a restart). `WatchdogSignal=SIGKILL`: a
 * stopped process hears nothing else. `OOMPolicy=continue`: a service without memory is our affair.
 * `Delegate=yes`: limits of services are groups below ours. 143 is how the supervisor ends when it
 * is told to leave without stopping anything; 0 is the end of a `down`, which nobody undoes.
 * Source: systemd.service(5), systemd.kill(5), systemd.resource-control(5), launchd.plist(5).
 */

export type UnitOptions = Readonly<{
  stack: string;
  /** Absolute. */
  stackDir: string;
  /** Absolute path of the `fettle` script; where it is a link, the unit follows an upgrade. */
  program: string;
  /** What services find on their PATH. */
  path: string;
  scope: 'user' | 'system';
  /** Who runs a system unit; null: root. */
  runAs: string | null;
  /** Longest orderly stop of the stack. */
  stopSeconds: number;
  /** More variables for the daemon and its services. */
  environment: Readonly<Record<string, string>>;
}>;

const watchdogSeconds = 60;

export function systemdUnit(options: UnitOptions): string {
  const { stack, stackDir, program, scope, runAs, stopSeconds } = options;
  const fettle = `${programWord(program)} -C ${execWord(stackDir)}`;
  const system = scope === 'system';
  const environment = { PATH: options.path, ...options.environment };
  return `# Written by fettle install; fettle uninstall removes it.
[Unit]
Description=Fettle keeps ${lineText(stack)} (${lineText(stackDir)})
${system ? 'Wants=network-online.target\nAfter=network-online.target\n' : ''}StartLimitIntervalSec=300
StartLimitBurst=20

[Service]
Type=notify
NotifyAccess=all
${runAs === null ? '' : `User=${runAs}\n`}WorkingDirectory=${lineText(stackDir)}
${Object.entries(environment)
  .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`)
  .join('\n')}
ExecStart=${fettle} __unit start
ExecReload=${fettle} up -d
ExecStop=${fettle} __unit stop --unit %n --scope ${scope} $MAINPID
Restart=on-failure
RestartSec=1
SuccessExitStatus=143
RestartForceExitStatus=143
WatchdogSec=${watchdogSeconds}
WatchdogSignal=SIGKILL
TimeoutStartSec=90
TimeoutStopSec=${stopSeconds + 30}
KillMode=process
OOMPolicy=continue
Delegate=yes
TasksMax=infinity

[Install]
WantedBy=${system ? 'multi-user.target' : 'default.target'}

[X-Fettle]
StackDir=${lineText(stackDir)}
`;
}

export function launchdPlist(options: UnitOptions): string {
  const { stackDir, program, runAs, stopSeconds, scope } = options;
  const text = (value: string): string => `<string>${xmlText(value)}</string>`;
  const words = [program, '-C', stackDir, '__unit', 'start'];
  const environment = { PATH: options.path, ...options.environment };
  const rows: readonly (readonly [string, string])[] = [
    ['Label', text(launchdLabel(options.stack))],
    ['ProgramArguments', `<array>${words.map(text).join('')}</array>`],
    ['WorkingDirectory', text(stackDir)],
    ...(scope === 'system' && runAs !== null ? [['UserName', text(runAs)] as const] : []),
    [
      'EnvironmentVariables',
      `<dict>${Object.entries(environment)
        .map(([name, value]) => `<key>${xmlText(name)}</key>${text(value)}`)
        .join('')}</dict>`,
    ],
    ['RunAtLoad', '<true/>'],
    ['KeepAlive', '<dict><key>SuccessfulExit</key><false/></dict>'],
    // Services outlive their supervisor; the next one adopts them.
    ['AbandonProcessGroup', '<true/>'],
    ['ExitTimeOut', `<integer>${stopSeconds + 30}</integer>`],
    ['StandardOutPath', text(`${stackDir}/.fettle/supervisor.out`)],
    ['StandardErrorPath', text(`${stackDir}/.fettle/supervisor.out`)],
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by fettle install; fettle uninstall removes it. -->
<plist version="1.0">
<dict>
${rows.map(([key, value]) => `  <key>${key}</key>${value}`).join('\n')}
</dict>
</plist>
`;
}

export function launchdLabel(stack: string): string {
  return `dev.fettle.${stack}`;
}

/** The folder that a unit of ours was written for; null: it is not ours. */
export function stackDirOfUnit(unit: string): string | null {
  const systemd = /^\[X-Fettle\]\nStackDir=(.*)$/m.exec(unit)?.[1];
  if (systemd !== undefined) return systemd.replaceAll('%%', '%');
  const launchd = /<key>WorkingDirectory<\/key><string>(.*)<\/string>/.exec(unit)?.[1];
  return launchd === undefined ? null : fromXml(launchd);
}

/** One word of an Exec line: `$` and `%` are its own, quotes and escapes as in C. */
function execWord(word: string): string {
  return programWord(word.replaceAll('$', '$$$$'));
}

/** In the first word no variable is looked for. */
function programWord(word: string): string {
  return /^[\w./@+=:,-]+$/.test(word) ? word : quoted(word);
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${escaped.replaceAll('%', '%%')}"`;
}

/** The rest of a line, as it is. */
function lineText(text: string): string {
  return text.replaceAll('%', '%%').replaceAll('\n', ' ');
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fromXml(text: string): string {
  return text.replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}
