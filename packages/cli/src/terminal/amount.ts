/** Amounts and moments in words a person reads at a glance. */
import { formatDuration } from '@fettle/sdk/duration';
import type { Look } from './look.ts';

/** `96M`, `1.2G`; `–` when not known. Powers of 1024. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return '–';
  const units = ['B', 'K', 'M', 'G', 'T'];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1_000 && unit < units.length - 1) {
    amount /= 1_024;
    unit += 1;
  }
  const digits = amount >= 10 || unit === 0 ? 0 : 1;
  return `${amount.toFixed(digits)}${units[unit] ?? ''}`;
}

/** A share of one core: `0.4%`, `112%`. */
export function formatCpu(ratio: number | null): string {
  if (ratio === null) return '–';
  const percent = ratio * 100;
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)}%`;
}

/** How long ago on a terminal (`6m 12s`), RFC 3339 elsewhere. */
export function formatSince(at: string | null, look: Look, nowMs: number): string {
  if (at === null) return '–';
  if (!look.tty) return at;
  const atMs = Date.parse(at);
  return Number.isNaN(atMs) ? at : formatDuration(nowMs - atMs);
}

/** `12:04:10` on a terminal, RFC 3339 elsewhere. */
export function formatMoment(at: string | null, look: Look): string {
  if (at === null) return look.tty ? '        ' : '–';
  if (!look.tty) return at;
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return at;
  return [moment.getHours(), moment.getMinutes(), moment.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}
