/** `fettle install` under a real systemd: what dies is back, what is told to stop stops, a reboot. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { poll } from '../supervisor/daemon.ts';
import { clone, startMachine, whyNoMachine, type Machine } from './systemd-machine.ts';

const why = whyNoMachine();
const unit = 'fettle-shop.service';
const installed = '/usr/local/lib/fettle/current/fettle';
const node = join(clone, 'node_modules/node/bin');
const web = `import {createServer} from 'node:http';
createServer((q, r) => r.end(String(process.env.NOTIFY_SOCKET)))
  .listen(process.env.PORT, '127.0.0.1');`;

describe.skipIf(why !== null)(`systemd${why === null ? '' : ` (${why})`}`, () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
    const made = machine.run(`set -e
useradd -m ann; mkdir -p /srv/shop; cd /srv/shop
cat >web.mjs <<'END'
${web}
END
printf 'name: shop\\nservices:\\n  web: {command: node web.mjs, port: 8100, health: /}\\n' >fettle.yaml
chown -R ann /srv/shop
PATH=${node}:$PATH ${clone}/fettle -C /srv/shop install --system
mkdir /etc/systemd/system/${unit}.d
printf '[Service]\\nWatchdogSec=2\\n' >/etc/systemd/system/${unit}.d/quick.conf
systemctl daemon-reload; systemctl restart ${unit}`);
    expect(made).toMatchObject({ code: 0 });
  });
  afterAll(() => machine?.close());

  const fettle = (words: string) => machine.run(`cd /srv/shop && ${installed} ${words}`, 'ann');
  const status = (): StatusDocument | null => {
    const { code, text } = machine.run(
      `cd /srv/shop && ${installed} status --json 2>/dev/null`,
      'ann',
    );
    return code === 0 ? (JSON.parse(text) as StatusDocument) : null;
  };
  const isOk = (found: StatusDocument | null): StatusDocument | null =>
    found?.services[0]?.state === 'ok' && found.daemon.supervisorConnected ? found : null;
  const whenOk = (): Promise<StatusDocument> => poll('web is ok', 30_000, () => isOk(status()));
  const show = (name: string): string =>
    machine.run(`systemctl show --value --property=${name} ${unit}`).text.trim();
  const restartsOf = (): number => Number(show('NRestarts'));
  const pids = (found: StatusDocument) => ({
    web: found.services[0]?.pid,
    supervisor: found.daemon.supervisorPid ?? 0,
  });

  test('the unit is what the page says and belongs to who owns the folder', async () => {
    const found = await whenOk();
    expect(Number(show('MainPID'))).toBe(found.daemon.supervisorPid);
    const { text } = machine.run(`systemctl show ${unit}`);
    for (const row of ['User=ann', 'Type=notify', 'KillMode=process', 'OOMPolicy=continue'])
      expect(text).toContain(`${row}\n`);
    expect(text).toContain('Delegate=yes\n');
    expect(text).toContain('UnitFileState=enabled\n');
    expect(machine.run(`ps -o user= -p ${found.services[0]?.pid}`).text.trim()).toBe('ann');
    expect(machine.run('curl -s 127.0.0.1:8100').text).toBe('undefined');
  });

  test('a killed, then a stopped supervisor: the next one adopts', async () => {
    for (const posixSignal of ['KILL', 'STOP']) {
      const before = pids(await whenOk());
      const count = restartsOf();
      machine.run(`kill -${posixSignal} ${before.supervisor}`);
      await poll(`restarted after ${posixSignal}`, 30_000, () =>
        restartsOf() > count ? true : null,
      );
      const after = pids(await whenOk());
      expect(after.supervisor).not.toBe(before.supervisor);
      expect(after.web).toBe(before.web);
    }
  });

  test('a restart of the unit loses none of 200 requests a second', async () => {
    const before = pids(await whenOk());
    const busy = machine.start(`${node}/node ${clone}/e2e/living/busy.mjs http://127.0.0.1:8100 4`);
    expect(machine.run(`systemctl restart ${unit}`)).toMatchObject({ code: 0, text: '' });
    const after = pids(await whenOk());
    const { sent, failed } = JSON.parse((await busy.ended).text) as Record<string, number>;
    expect(sent).toBeGreaterThan(600);
    expect(failed).toBe(0);
    expect(after.web).toBe(before.web);
    expect(after.supervisor).not.toBe(before.supervisor);
  });

  test('stop stops everything, start starts it, reload takes an edit', async () => {
    const { web: pid } = pids(await whenOk());
    expect(machine.run(`systemctl stop ${unit}`).code).toBe(0);
    expect(machine.run(`test -d /proc/${pid}`).code).toBe(1);
    expect(machine.run('pgrep -u ann').text).toBe('');
    expect(show('ActiveState')).toBe('inactive');
    expect(machine.run(`systemctl start ${unit}`).code).toBe(0);
    const started = pids(await whenOk());
    machine.run(`sed -i 's/health/environment: {A: b}, health/' /srv/shop/fettle.yaml`);
    expect(machine.run(`systemctl reload ${unit}`).code).toBe(0);
    expect(pids(await whenOk()).web).not.toBe(started.web);
  });

  test('down stays down; a daemon that was started by hand is taken over', async () => {
    expect(fettle('down').code).toBe(0);
    await poll('inactive', 10_000, () => (show('ActiveState') === 'inactive' ? true : null));
    // She may not start a unit of the machine: her own daemon runs until the unit takes over.
    expect(fettle('up -d')).toMatchObject({
      code: 0,
      text: expect.stringContaining('started without it'),
    });
    const { web: pid } = pids(await whenOk());
    expect(show('ActiveState')).toBe('inactive');
    expect(machine.run(`systemctl start ${unit}`).code).toBe(0);
    expect(pids(await whenOk())).toEqual({ web: pid, supervisor: Number(show('MainPID')) });
  });

  test('after a reboot and after a power cut the stack is back by itself', async () => {
    for (const way of ['reboot', 'powerCut'] as const) {
      const before = await whenOk();
      await machine[way]();
      const after = await whenOk();
      expect(show('ActiveState')).toBe('active');
      expect(after.daemon.supervisorPid).toBe(Number(show('MainPID')));
      expect(after.services[0]?.since).not.toBe(before.services[0]?.since);
    }
  });

  test('a user has units of her own', async () => {
    const made = machine.run(`set -e
loginctl enable-linger ann; uid=$(id -u ann)
mkdir -p /srv/desk; cp /srv/shop/web.mjs /srv/desk
sed 's/shop/desk/; s/8100/8200/; s/environment: {A: b}, //' /srv/shop/fettle.yaml >/srv/desk/fettle.yaml
chown -R ann /srv/desk
until test -S /run/user/$uid/systemd/private; do sleep 0.1; done
cat >/tmp/own.sh <<'END'
export XDG_RUNTIME_DIR=/run/user/$(id -u) HOME=/home/ann PATH=${node}:$PATH
cd /srv/desk
${installed} install --user --in-place && ${installed} wait &&
systemctl --user restart fettle-desk && ${installed} wait &&
systemctl --user is-active fettle-desk && ${installed} uninstall --purge
ls -a; systemctl --user list-unit-files 'fettle*' --no-legend || true
END
runuser -u ann -- sh /tmp/own.sh`);
    expect(made.text).toContain('fettle-desk.service is installed and runs');
    expect(made.text).toContain('active\n');
    expect(made.text).toContain('fettle-desk.service is removed');
    expect(made.text).not.toContain('.fettle\n');
    expect(made.code).toBe(0);
  });

  test('uninstall stops the stack and leaves no unit', () => {
    const { code } = machine.run(`${installed} -C /srv/shop uninstall`);
    expect(code).toBe(0);
    expect(machine.run(`systemctl cat ${unit}`).code).not.toBe(0);
    expect(machine.run('pgrep -u ann node').text).toBe('');
  });
});

test('the printed unit is one that systemd understands', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fettle unit%-'));
  try {
    writeFileSync(join(dir, 'fettle.yaml'), 'name: odd\nservices:\n  one: {command: sleep 9}\n');
    const print = (...words: string[]): string =>
      spawnSync(
        join(clone, 'fettle'),
        ['-C', dir, 'install', '--dry-run', '--in-place', ...words],
        {
          encoding: 'utf8',
        },
      ).stdout;
    const file = join(dir, 'fettle-odd.service');
    writeFileSync(file, print('--system'));
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    if (verified.error === undefined)
      expect(`${verified.status} ${verified.stderr}`.trim()).toBe('0');
    const plist = print('--manager', 'launchd', '--user');
    const read =
      'import plistlib,sys,json;print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const parsed = spawnSync('python3', ['-c', read], { input: plist, encoding: 'utf8' });
    expect(JSON.parse(parsed.stdout)).toMatchObject({
      Label: 'dev.fettle.odd',
      ProgramArguments: [join(clone, 'fettle'), '-C', dir, '__unit', 'start'],
      AbandonProcessGroup: true,
      KeepAlive: { SuccessfulExit: false },
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
