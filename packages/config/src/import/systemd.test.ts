import { expect, test } from 'vitest';
import { readingOf } from '../testing/foreign.ts';
import { readSystemd } from './systemd.ts';

const read = (files: Readonly<Record<string, string>>) => readingOf(readSystemd, files);

test('a unit becomes a service; the rest is kept and named', () => {
  const { keys, kept, draft } = read({
    'api.service': `# by hand
[Unit]
Description=The API
After=db.service network.target
Requires=db.service
[Service]
ExecStart=/usr/bin/node \\
  api.js --name "a b"
Environment=PORT=3000 "GREETING=hello world"
EnvironmentFile=-/etc/default/api
WorkingDirectory=~
Restart=on-failure
RestartSec=1min 30s
KillSignal=SIGINT
MemoryMax=512M
CPUQuota=150%
NoNewPrivileges=true
[Install]
WantedBy=multi-user.target
`,
    'db.service': '[Service]\nExecStart=db\nType=notify\nWatchdogSec=30\nRestart=always\n',
  });
  expect(keys('api')).toEqual({
    command: ['/usr/bin/node', 'api.js', '--name', 'a b'],
    working_dir: '/home/me',
    port: 3000,
    environment: { GREETING: 'hello world' },
    env_file: [{ path: '/etc/default/api', required: false }],
    depends_on: { db: { condition: 'service_started', required: true } },
    restart: 'on-failure',
    deploy: { restart_policy: { delay: '1m30s' } },
    stop_signal: 'SIGINT',
    mem_limit: '512m',
    cpus: 1.5,
  });
  expect(kept('api')).toEqual({
    'Unit.After': 'network.target',
    'Service.NoNewPrivileges': 'true',
    'Install.WantedBy': 'multi-user.target',
  });
  expect(keys('db')['health']).toEqual({ notify: true, watchdog: '30s' });
  expect(draft.services[0]?.comments).toEqual(['The API', 'by hand']);
});

test('a template is there once for each instance that is wanted', () => {
  const { draft, keys } = read({
    'w@.service': '[Service]\nExecStart=work %i of %p\n',
    'all.target': '[Unit]\nWants=w@a.service w@b.service\n',
  });
  expect(draft.services.map(({ name }) => name)).toEqual(['w-a', 'w-b']);
  expect(keys('w-b')['command']).toBe('work b of w');
  expect(draft.kept).toEqual({ 'all.target': { Unit: { Wants: 'w@a.service w@b.service' } } });
});

test('drop-ins lie over their unit, and an empty value forgets', () => {
  const { keys } = read({
    'a.service': '[Service]\nExecStart=one\nEnvironment=A=1\n',
    'a.service.d/x.conf': '[Service]\nExecStart=\nExecStart=two\nEnvironment=B=2\n',
  });
  expect(keys('a')).toMatchObject({ command: 'two', environment: { A: '1', B: '2' } });
});

test('a oneshot is a job; its commands run one after the other', () => {
  const { keys } = read({
    'a.service': '[Service]\nType=oneshot\nExecStart=-one "a b"\nExecStart=two\n',
  });
  expect(keys('a')).toEqual({
    command: ['/bin/sh', '-c', "{ one 'a b' || true; } && two"],
    restart: 'no',
  });
});

test('a timer is the schedule of its service, and is kept for an export', () => {
  const { keys, draft, noted } = read({
    'b.service': '[Service]\nType=oneshot\nExecStart=x\n',
    'b.timer': '[Timer]\nOnCalendar=*-*-* 03:00\nPersistent=true\n',
    'c.timer': '[Timer]\nOnBootSec=5\n',
  });
  expect(keys('b')['schedule']).toEqual({ cron: '0 3 * * *', missed: 'once' });
  expect(Object.keys(draft.kept)).toEqual(['b.timer', 'c.timer']);
  expect(noted('kept')).toEqual(['c.timer']);
});

test('what runs around it', () => {
  const { keys } = read({
    'a.service': '[Service]\nExecStartPre=-mkdir x\nExecStart=run\nExecStop=drain $MAINPID\n',
  });
  expect(keys('a')).toMatchObject({
    command: 'run',
    hooks: {
      before_start: [{ command: 'mkdir x', on_failure: 'ignore' }],
      before_stop: [{ command: 'drain $MAINPID' }],
    },
  });
});

test('variables of the unit are replaced by a shell, as systemd would', () => {
  const { keys } = read({ 'a.service': '[Service]\nExecStart=x ${PORT} $$\nRestart=always\n' });
  expect(keys('a')['command']).toBe("x ${PORT} '$'");
});
