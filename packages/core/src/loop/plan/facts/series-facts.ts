/** Figures over time, of services and of the host, and the limits that they run into. */
import { metrics, type Metric } from '../../collect/metric.ts';
import type { Value } from '../expression/expression.ts';
import type { ValueType } from '../expression/value-type.ts';
import type { FactParam, FactWorld, PictureFact } from './fact.ts';
import { instancesOf, serviceOf, serviceParam, sinceOf } from './service-of.ts';

const hostMetrics: readonly Metric[] = [
  'psi_cpu',
  'psi_memory',
  'psi_io',
  'memory_available_bytes',
  'load_per_core',
];
const diskMetrics: readonly Metric[] = ['disk_used_ratio', 'disk_free_bytes', 'inodes_used_ratio'];
const serviceMetrics = metrics.filter(
  (metric) => !hostMetrics.includes(metric) && !diskMetrics.includes(metric),
);
const metricParam: FactParam = { name: 'metric', type: 'string', oneOf: serviceMetrics };
const tenMinutesMs = 600_000;

/** Units are last in the name of a metric. */
function unitOf(metric: Value | undefined): ValueType {
  if (typeof metric !== 'string') return 'any';
  if (metric.endsWith('_bytes') || metric === 'log_bytes_per_s') return 'bytes';
  return metric.endsWith('_ms') ? 'duration' : 'number';
}
const unitOfSecond = (args: readonly Value[]): ValueType => unitOf(args[1]);

function isMetric(name: Value | undefined): name is Metric {
  return metrics.some((metric) => metric === name);
}

type Series = Readonly<{ subject: string; metric: Metric }>;
function seriesOf(world: FactWorld, [name, metric]: readonly Value[]): Series | null {
  const service = serviceOf(world, name);
  return service === null || !isMetric(metric) ? null : { subject: service.name, metric };
}

/** In the clean window the mean counts, so that one quiet second proves nothing. */
function figure(world: FactWorld, { subject, metric }: Series): number | null {
  const { series } = world.picture;
  const last = series.last(subject, metric, world.nowMs);
  if (world.sinceMs === null || last === null) return last;
  return series.mean(subject, metric, world.sinceMs);
}

export const seriesFacts: readonly PictureFact[] = [
  {
    name: 'metric',
    params: [serviceParam, metricParam],
    result: unitOfSecond,
    about: 'Its newest figure; inside `verify` the mean over the clean window.',
    example: "metric(target, 'rss_bytes') < 80% * limit(target, 'memory')",
    source: 'picture',
    answer: (world, args) => {
      const series = seriesOf(world, args);
      return series === null ? null : figure(world, series);
    },
  },
  {
    name: 'baseline',
    params: [serviceParam, metricParam],
    result: unitOfSecond,
    about: 'What is usual for that figure: the median, the last hour left out.',
    example: "metric(target, 'cpu') > 2 * baseline(target, 'cpu')",
    source: 'picture',
    answer: (world, args) => {
      const series = seriesOf(world, args);
      if (series === null) return null;
      const { subject, metric } = series;
      return world.picture.series.baseline(subject, metric, world.nowMs)?.median ?? null;
    },
  },
  {
    name: 'slope',
    params: [serviceParam, metricParam, { name: 'window', type: 'duration', fallback: null }],
    result: unitOfSecond,
    about: 'How much it grows per second (Theil-Sen), over 10 min unless told.',
    example: "slope(target, 'rss_bytes', 5m) > 100KB",
    source: 'picture',
    answer: (world, args) => {
      const series = seriesOf(world, args);
      if (series === null) return null;
      const sinceMs = sinceOf(world, args[2], tenMinutesMs);
      return world.picture.series.slope(series.subject, series.metric, sinceMs)?.perS ?? null;
    },
  },
  {
    name: 'forecast',
    params: [serviceParam, metricParam, { name: 'limit', type: 'any' }],
    result: 'duration',
    about:
      'How long until it reaches the limit at the pace of the last 10 min; not known where it does not grow.',
    example: "forecast(target, 'rss_bytes', limit(target, 'memory')) < 30m",
    source: 'picture',
    answer: (world, args) => {
      const series = seriesOf(world, args);
      const [, , limit] = args;
      if (series === null || typeof limit !== 'number') return null;
      const { subject, metric } = series;
      const last = world.picture.series.last(subject, metric, world.nowMs);
      const slope = world.picture.series.slope(subject, metric, world.nowMs - tenMinutesMs);
      if (last === null || slope === null || slope.perS <= 0 || slope.r2 < 0.5) return null;
      return Math.max(0, ((limit - last) / slope.perS) * 1_000);
    },
  },
  {
    name: 'limit',
    params: [serviceParam, { name: 'what', type: 'string', oneOf: ['memory', 'files', 'cpus'] }],
    result: ([, what]) => (what === 'memory' ? 'bytes' : what === null ? 'any' : 'number'),
    about: 'Its limit of memory, open files or cores, all instances together.',
    example: "metric(target, 'fds') > 90% * limit(target, 'files')",
    source: 'picture',
    answer: (world, [name, what]) => {
      const service = serviceOf(world, name);
      if (service === null) return null;
      const { memoryBytes, openFiles, cpus } = service.definition.limits;
      const each = what === 'memory' ? memoryBytes : what === 'files' ? openFiles : cpus;
      return each === null ? null : each * Math.max(1, instancesOf(service).length);
    },
  },
  {
    name: 'host',
    params: [{ name: 'metric', type: 'string', oneOf: hostMetrics }],
    result: ([metric]) => unitOf(metric),
    about: 'A figure of the machine; `psi_*` is the share of 10 s in which some task waited.',
    example: "host('psi_cpu') > 40%",
    source: 'picture',
    answer: (world, [metric]) =>
      isMetric(metric) ? figure(world, { subject: '@host', metric }) : null,
  },
];
