/** Log lines: up once `ready` was seen in this run, down while `failing` was the last to match. */
import { readRegex, tooSlow } from './pattern.ts';
import type { ProbeKind, Seen } from './probe.ts';

export const logProbe: ProbeKind<'log'> = {
  kind: 'log',
  address: () => null,
  open(probe, _place, wake) {
    const ready = readRegex(probe.ready);
    const failing = probe.failing === null ? null : readRegex(probe.failing);
    let seen: Seen = {
      ok: false,
      detail: `no line like ${ready.source} yet`,
      answer: 'absent',
    };
    return {
      run: () => Promise.resolve(seen),
      close() {},
      lines(lines) {
        const before = seen.ok;
        const failed = failing === null ? [] : failing.testAll(lines);
        const readied = ready.testAll(lines);
        const slow = readied === null ? ready : failed === null ? failing : null;
        if (slow !== null) seen = { ok: false, detail: tooSlow('log', slow), answer: 'answered' };
        for (const [at, line] of lines.entries()) {
          if (failed?.[at] === true)
            seen = { ok: false, detail: `log says ${clip(line)}`, answer: 'answered' };
          else if (readied?.[at] === true)
            seen = { ok: true, detail: `log says ${clip(line)}`, answer: 'answered' };
        }
        if (seen.ok !== before) wake();
      },
    };
  },
};

function clip(line: string): string {
  const text = line.trim();
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
