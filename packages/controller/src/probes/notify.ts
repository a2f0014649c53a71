/**
 * sd_notify: up from READY=1 on. With a watchdog, WATCHDOG=1 must go on coming: a process that does
 * not say so in time stands still, whatever else it answers. What was said is read from the record
 * that the reader beside the service keeps (`supervisor/src/notify-socket.ts`); times are counted
 * from when a new ping was seen, so that no clock has to agree with another. RELOADING=1 leaves it
 * up, STOPPING=1 does not. Source: systemd, sd_notify(3).
 */
import { readFileSync } from 'node:fs';
import { formatDuration } from '@fettle/sdk/duration';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ProbeKind, Seen } from './probe.ts';

type Said = Readonly<Record<string, string>>;

export const notifyProbe: ProbeKind<'notify'> = {
  kind: 'notify',
  address: () => null,
  open(probe, { notifyFile, service }) {
    if (notifyFile === undefined)
      throw new FettleError('E-HEALTH-PROBE', `${service}: nobody reads its NOTIFY_SOCKET`, {
        hint: 'The check `notify` is for services that Fettle starts itself.',
      });
    let said: Said | null = null;
    let pings = '';
    let pingMs = performance.now();
    return {
      run() {
        said = readSaid(notifyFile) ?? said;
        const nowMs = performance.now();
        // Before it is ready nothing is due; the first ping is counted from then.
        if (said?.['READY'] !== '1' || said['PINGS'] !== pings) {
          pings = said?.['READY'] === '1' ? (said['PINGS'] ?? '') : '';
          pingMs = nowMs;
        }
        return Promise.resolve(judge(said, probe.watchdogMs, nowMs - pingMs));
      },
      close() {},
    };
  },
};

function judge(said: Said | null, watchdogMs: number | null, silentMs: number): Seen {
  const status = said?.['STATUS'];
  const also = status === undefined || status === '' ? '' : `: ${status}`;
  if (said?.['READY'] !== '1')
    return { ok: false, detail: `no READY=1 yet${also}`, answer: 'answered' };
  if (said['TRIGGER'] !== undefined)
    return { ok: false, detail: `asked to be ended (WATCHDOG=trigger)${also}`, answer: 'silent' };
  if (said['STOPPING'] !== undefined)
    return { ok: false, detail: `is stopping${also}`, answer: 'answered' };
  // The service may set its own pace: WATCHDOG_USEC=.
  const own = Number(said['WATCHDOG_USEC'] ?? Number.NaN) / 1_000;
  const limitMs = watchdogMs === null ? null : own > 0 ? own : watchdogMs;
  if (limitMs !== null && silentMs > limitMs) {
    const late = `no WATCHDOG=1 in ${formatDuration(silentMs)}`;
    return { ok: false, detail: `${late}, due every ${formatDuration(limitMs)}`, answer: 'silent' };
  }
  const word = said['RELOADING'] === undefined ? 'ready' : 'reloading';
  return { ok: true, detail: `${word}${also}`, answer: 'answered' };
}

/** null: not there yet, or just being written. */
function readSaid(file: string): Said | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // The reader has not begun, or the run is over: what was known stands.
    return null;
  }
  const [number = '', ...lines] = text.split('\n');
  const end = lines.indexOf(`end=${number}`);
  if (number === '' || end < 0) return null;
  return Object.fromEntries(
    lines.slice(0, end).map((line) => {
      const sign = line.indexOf('=');
      return [line.slice(0, sign), line.slice(sign + 1)];
    }),
  );
}
