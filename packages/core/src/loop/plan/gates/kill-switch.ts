/** Emergency stop, and pauses of the loop or of a service: nothing is done, whatever it is. */
import type { Gate, GateInput } from '../gate-input.ts';
import { pauseOf } from '../rails.ts';

export const killSwitch: Gate = {
  name: 'kill-switch',
  ask: ({ rails, targets, nowMs }: GateInput) => {
    const refuse = { kind: 'refuse', gate: 'kill-switch' } as const;
    if (rails.stopped !== null)
      return { text: `emergency stop by ${rails.stopped.by}`, stop: refuse };
    const pause = [null, ...targets].map((name) => pauseOf(rails, name, nowMs)).find(Boolean);
    if (pause === undefined || pause === null)
      return { text: 'neither stopped nor paused', stop: null };
    const what = pause.service ?? 'the whole loop';
    const text = `${what} is paused by ${pause.by}`;
    if (pause.untilMs === null) return { text, stop: refuse };
    return { text, stop: { kind: 'wait', untilMs: pause.untilMs, gate: 'kill-switch' } };
  },
};
