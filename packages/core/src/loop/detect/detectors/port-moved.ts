/** The port that a service asked for is held by another: it waits, or has moved to another one. */
import type { PortOwner } from '../../../stack/port.ts';
import type { Detector } from '../detector.ts';
import { signOf } from '../sign.ts';

export const portMoved: Detector = {
  id: 'port-moved',
  flag: 'error_detection',
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) =>
      [...service.instances.values()].flatMap(({ view }) => {
        const trouble = view.portTrouble ?? view.port?.fallbackFrom ?? null;
        if (trouble === null || view.state === 'stopped' || view.state === 'done') return [];
        const isWaiting = view.token === null;
        const moved = view.port === null || isWaiting ? 'waits' : `moved to ${view.port.port}`;
        return signOf({
          kind: 'port-moved',
          target: service.name,
          about: null,
          severity: isWaiting ? 'error' : 'info',
          sinceMs: Math.min(nowMs, view.sinceMs),
          text: `port ${trouble.port} of ${view.instance} is held by ${ownerText(trouble.owner)}; it ${moved}`,
          from: 'port',
        });
      }),
    ),
};

function ownerText({ kind, command, pid, instance }: PortOwner): string {
  if (kind === 'orphan') return `an orphan of an earlier run (pid ${pid ?? '?'})`;
  if (kind === 'ours') return instance ?? 'another service';
  return command === null ? 'another process' : `${command} (pid ${pid ?? '?'})`;
}
