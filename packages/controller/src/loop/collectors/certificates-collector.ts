/** Days until a service's first certificate ends; looked at every ten minutes, since days pass slowly. */
import type { Sample } from '@fettle/core/loop/collect/metric';
import { certificateEnds } from '../certificates.ts';
import type { Collector } from './collector.ts';
import { startPaced } from './pace.ts';

const everyMs = 600_000;
const dayMs = 86_400_000;

export const certificatesCollector: Collector = {
  name: 'certificates',
  start({ link, files, emit, budget, nowMs }) {
    const look = async (only: string | null): Promise<void> => {
      const samples: Sample[] = [];
      for (const service of link.stack()?.services ?? []) {
        if (only !== null && service.name !== only) continue;
        const ends = await certificateEnds(service);
        const first = Math.min(...ends.map(({ notAfterMs }) => notAfterMs));
        // Against the wall clock, by which those who check it go.
        const value = (first - Date.now()) / dayMs;
        if (Number.isFinite(value))
          samples.push({ subject: service.name, metric: 'certificate_days', value });
      }
      if (samples.length > 0) emit([{ kind: 'sampled', atMs: nowMs(), samples }]);
    };
    const again = (only: string | null): void => void look(only).catch(() => undefined);
    const disposers = [
      link.onSnapshot(() => again(null)),
      link.onNotice(({ kind }) => {
        if (kind === 'stack-changed') again(null);
      }),
      // A renewed certificate is seen at once.
      files?.onChange(({ service, path }) => {
        if (service !== null && /\.(?:pem|crt|cer)$/i.test(path ?? '')) again(service);
      }),
      startPaced({ name: 'certificates', everyMs, budget, look: () => look(null) }),
    ];
    return () => {
      for (const dispose of disposers) dispose?.();
    };
  },
};
