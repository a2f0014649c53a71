/** A process in state T was stopped by a signal: it holds everything and does nothing. */
import type { Detector } from '../detector.ts';

export const stopped: Detector = {
  id: 'stopped',
  flag: 'error_detection',
  detect: (picture) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.instances.values()]
        .filter(({ processState }) => processState === 'T')
        .map(({ view, processStateSinceMs }) => {
          const text = `${view.instance} (pid ${view.pid ?? '?'}) is stopped: state T`;
          return {
            kind: 'stopped',
            target: service.name,
            key: `stopped:${service.name}`,
            severity: 'error',
            sinceMs: processStateSinceMs,
            text,
            evidence: [{ kind: 'process', text, atMs: processStateSinceMs }],
          } as const;
        }),
    ),
};
