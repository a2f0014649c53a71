/** Errors that services reported themselves, counted by fingerprint. */
import type { ErrorSeen } from '@fettle/core/loop/collect/observation';
import type { ErrorReport } from '../../errors/error-report.ts';
import type { Collector } from './collector.ts';

export const errorsCollector: Collector = {
  name: 'reported errors',
  start({ errors, emit, nowMs }) {
    return errors.onReports((reports) => {
      const seen = counted(reports, nowMs());
      if (seen.length > 0) emit(seen);
    });
  },
};

/** Without a service nobody can be helped; those reports are only kept. */
function counted(reports: readonly ErrorReport[], atMs: number): readonly ErrorSeen[] {
  const groups = new Map<string, ErrorSeen>();
  for (const { service, fingerprint, message, release } of reports) {
    if (service === null) continue;
    const key = `${service}\0${fingerprint}`;
    const count = (groups.get(key)?.count ?? 0) + 1;
    const kind = 'error-reported';
    groups.set(key, { kind, atMs, service, fingerprint, message, release, count });
  }
  return [...groups.values()];
}
