/** Every probe's result with the verdict that it led to, and our own pauses, which excuse all. */
import type { ProbeSeen } from '../../parts.ts';
import type { CheckSeen } from '@fettle/core/loop/collect/observation';
import type { Collector } from './collector.ts';

export const checksCollector: Collector = {
  name: 'checks',
  start({ health, emit, nowMs }) {
    const disposers = [
      health.onProbe((seen) => emit([checkOf(seen, nowMs())])),
      health.onPause(({ fromMs, toMs }) => {
        const epochMs = nowMs() - performance.now();
        emit([{ kind: 'own-pause', fromMs: epochMs + fromMs, toMs: epochMs + toMs }]);
      }),
    ];
    return () => {
      for (const dispose of disposers) dispose();
    };
  },
};

function checkOf(seen: ProbeSeen, atMs: number): CheckSeen {
  const { service, instance, check, finding, up, flapping } = seen;
  return {
    kind: 'checked',
    atMs,
    service,
    instance,
    check: check.name,
    role: check.role,
    ok: finding.ok,
    up,
    detail: finding.detail,
    answer: finding.answer,
    durationMs: finding.durationMs,
    attested: finding.attested,
    flapping,
    required: check.required,
  };
}
