/** What others may read about health: the checks of an instance, marks, failures, durations. */
import type { Brain } from '@fettle/core/step';
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { CheckState, Finding } from '@fettle/core/stack/health-state';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { CheckMark, CheckStatus } from '@fettle/sdk/api/status';
import { growingHistogram, type GrowingHistogram } from '../histogram.ts';
import type { HealthPart } from '../parts.ts';

export type HealthReading = Pick<
  HealthPart,
  'checks' | 'marks' | 'flapping' | 'failing' | 'durations'
> &
  Readonly<{ note(instance: string, check: HealthCheck, finding: Finding): void }>;

const maxMarks = 60;
/** Histograms kept, one a service and check; their services leave with the stack. */
const maxHistograms = 5_000;
const boundsSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

type Durations = Readonly<{ service: string; check: string; histogram: GrowingHistogram }>;

export function healthReading(
  brain: Brain,
  instances: () => readonly InstanceView[],
): HealthReading {
  const marks = new Map<string, CheckMark[]>();
  const durations = new Map<string, Durations>();
  const runsOf = (service: string) =>
    [...brain.runs.values()].filter((run) => run.service === service);
  return {
    checks: (instance) => (brain.runs.get(instance)?.checks ?? []).map(statusOf),
    marks: (service) => marks.get(service) ?? [],
    flapping: (service) => runsOf(service).some(({ checks }) => checks.some((c) => c.flapping)),
    failing: (instance) => (brain.runs.get(instance)?.checks ?? []).flatMap(failureOf),
    durations: () =>
      [...durations.values()].map((each) => ({ ...each, histogram: each.histogram.read() })),
    note(instance, check, finding) {
      const service = brain.runs.get(instance)?.service;
      if (service === undefined) return;
      const row = marks.get(service) ?? [];
      row.push(finding.ok ? 'ok' : 'failed');
      if (row.length > maxMarks) row.shift();
      marks.set(service, row);
      const key = `${service}/${check.name}`;
      let kept = durations.get(key);
      if (kept === undefined && durations.size < maxHistograms) {
        kept = { service, check: check.name, histogram: growingHistogram(boundsSeconds) };
        durations.set(key, kept);
      }
      kept?.histogram.observe(finding.durationMs / 1_000);
      if (marks.size > instances().length * 4 + 64) forget(marks, durations, instances());
    },
  };
}

/** Services that were removed from the stack leave nothing behind. */
function forget(
  marks: Map<string, unknown>,
  durations: Map<string, Durations>,
  views: readonly InstanceView[],
): void {
  const live = new Set(views.map(({ service }) => service));
  for (const service of marks.keys()) if (!live.has(service)) marks.delete(service);
  for (const [key, { service }] of durations) if (!live.has(service)) durations.delete(key);
}

function statusOf(state: CheckState): CheckStatus {
  const { check, last } = state;
  const agoMs = state.lastAtMs === null ? null : performance.now() - state.lastAtMs;
  return {
    name: check.name,
    kind: check.probe.kind,
    role: check.role,
    up: state.up,
    flapping: state.flapping,
    silenced: state.silenced,
    required: check.required,
    attested: last?.attested ?? null,
    lastDetail: last?.detail ?? null,
    lastDurationMs: last === null ? null : Math.round(last.durationMs * 10) / 10,
    lastAt: agoMs === null ? null : new Date(Date.now() - agoMs).toISOString(),
  };
}

function failureOf(state: CheckState): ReturnType<HealthPart['failing']> {
  const { check, last, failedInRow, everUp } = state;
  if (last === null || last.ok) return [];
  const { ok, durationMs, detail, attested } = last;
  const result = { ok, durationMs, detail, attested };
  return [{ name: check.name, role: check.role, result, failedInRow, everUp }];
}
