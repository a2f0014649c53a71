/** A process in state T was stopped by a signal: it holds everything and does nothing. */
import type { Detector } from '../detector.ts';
import { signOf } from '../sign.ts';

export const stopped: Detector = {
  id: 'stopped',
  flag: 'error_detection',
  detect: (picture) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.instances.values()]
        .filter(({ processState }) => processState === 'T')
        .map(({ view, processStateSinceMs }) =>
          signOf({
            kind: 'stopped',
            target: service.name,
            about: null,
            severity: 'error',
            sinceMs: processStateSinceMs,
            text: `${view.instance} (pid ${view.pid ?? '?'}) is stopped: state T`,
            from: 'process',
          }),
        ),
    ),
};
