/**
 * Writes metrics in the Prometheus text format 0.0.4 or OpenMetrics 1.0.
 *
 * Families are given once with all their samples. The formats differ in two places that matter
 * here: OpenMetrics names a counter's family without `_total`, and ends with `# EOF`. Sources:
 * prometheus.io "Exposition formats", OpenMetrics 1.0.
 */

import type { Histogram } from '../histogram.ts';

export type Labels = Readonly<Record<string, string>>;
export type Family = Readonly<{
  /** A counter's ends in `_total`. */
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples: readonly Sample[];
}>;
export type Sample = Readonly<{
  labels: Labels;
  value: number;
  /** `_bucket`, `_sum`, `_count` of a histogram. */
  suffix?: string;
}>;
export type Format = 'prometheus' | 'openmetrics';

export const contentTypes: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

export function expose(families: readonly Family[], format: Format): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    const family =
      format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name;
    lines.push(`# HELP ${family} ${escapeHelp(help)}`, `# TYPE ${family} ${type}`);
    for (const { labels, value, suffix } of samples)
      lines.push(`${name}${suffix ?? ''}${labelText(labels)} ${numberText(value)}`);
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

export function histogramSamples(labels: Labels, histogram: Histogram): readonly Sample[] {
  const { boundsSeconds, counts, sumSeconds, count } = histogram;
  const buckets = [...boundsSeconds, Infinity].map((bound, index) => ({
    suffix: '_bucket',
    labels: { ...labels, le: numberText(bound) },
    value: counts[index] ?? count,
  }));
  return [
    ...buckets,
    { suffix: '_sum', labels, value: sumSeconds },
    { suffix: '_count', labels, value: count },
  ];
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Number.isNaN(value) ? 'NaN' : String(value);
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
