/** How figures and times read on the page. */
import { formatDuration } from '@fettle/sdk/duration';

export function ago(at: string | null, nowMs: number): string {
  return at === null ? '–' : formatDuration(Math.max(0, nowMs - Date.parse(at)));
}

/** Until then; an hour that is past is due now. */
export function ahead(at: string, nowMs: number): string {
  return formatDuration(Math.max(0, Date.parse(at) - nowMs));
}

export function bytes(count: number | null): string {
  if (count === null) return '–';
  if (count < 1_024) return `${count} B`;
  const units = ['K', 'M', 'G', 'T'];
  let value = count;
  let unit = '';
  for (const next of units) {
    if (value < 1_024) break;
    value /= 1_024;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${unit}`;
}

export function percent(ratio: number | null): string {
  return ratio === null ? '–' : `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`;
}

export function clock(at: string): string {
  const date = new Date(at);
  const pad = (value: number, width = 2) => String(value).padStart(width, '0');
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}
