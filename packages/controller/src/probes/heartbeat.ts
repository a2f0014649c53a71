/**
 * Heartbeats: the service calls us. Overdue after `everyMs` + `graceMs`; `/fail` and an exit code
 * other than 0 are down at once; `/start` opens a run that must report within the same time.
 * Source: Healthchecks.io, "Pinging API".
 */
import { formatDuration } from '@fettle/sdk/duration';
import type { ProbeKind, Seen } from './probe.ts';

export const heartbeatProbe: ProbeKind<'heartbeat'> = {
  kind: 'heartbeat',
  address: () => null,
  open(probe, _place, wake) {
    const openedMs = performance.now();
    let lastMs: number | null = null;
    let trouble: string | null = null;
    const limitMs = probe.everyMs + probe.graceMs;
    const look = (): Seen => {
      if (trouble !== null) return { ok: false, detail: trouble, answer: 'answered' };
      const nowMs = performance.now();
      const agoMs = nowMs - (lastMs ?? openedMs);
      const ago = formatDuration(agoMs);
      if (agoMs > limitMs) {
        const detail = lastMs === null ? `no ping in ${ago}` : `last ping ${ago} ago`;
        return { ok: false, detail, answer: 'silent' };
      }
      if (lastMs === null) return { ok: false, detail: 'no ping yet', answer: 'absent' };
      return { ok: true, detail: `ping ${ago} ago`, answer: 'answered' };
    };
    return {
      run: () => Promise.resolve(look()),
      close() {},
      ping(kind, body) {
        if (kind === 'log') return;
        // A start keeps earlier trouble: only an end in success clears it.
        if (kind === 'fail') trouble = `reported a failure${noteOf(body)}`;
        else if (typeof kind === 'number' && kind !== 0)
          trouble = `reported exit ${kind}${noteOf(body)}`;
        else if (kind !== 'start') trouble = null;
        lastMs = performance.now();
        wake();
      },
    };
  },
};

function noteOf(body: string): string {
  const line = body.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${line.slice(0, 120)}`;
}
