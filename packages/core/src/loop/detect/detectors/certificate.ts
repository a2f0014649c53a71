/** A certificate that ends soon, told 30, 14, 7 and 1 days before, or one that has ended. */
import type { Picture } from '../../collect/picture.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';

/** It is read rarely, and does not change by itself. */
const readWithinMs = 2 * 86_400_000;

export const certificate: Detector = {
  id: 'certificate',
  flag: 'prediction',
  everyMs: 15_000,
  clearMs: 30_000,
  detect: (picture, nowMs) =>
    [...picture.services.keys()].flatMap((name) => {
      const days = daysOf(picture, name, nowMs);
      const stage = days === undefined ? null : stageOf(days);
      if (days === undefined || stage === null) return [];
      return signOf({
        kind: 'certificate',
        target: name,
        about: stage.days,
        severity: stage.severity,
        sinceMs: nowMs,
        text: textOf(name, days),
        from: 'config',
      });
    }),
};

/** The newest reading, which may be old: the fine history first, since the coarse one blurs. */
function daysOf(picture: Picture, name: string, nowMs: number): number | undefined {
  const last = (sinceMs: number): number | undefined =>
    picture.series.points(name, 'certificate_days', sinceMs).at(-1)?.value;
  return last(nowMs - 600_000) ?? last(nowMs - readWithinMs);
}

const stages = [
  { days: '0', least: 0, severity: 'error' },
  { days: '1', least: 1, severity: 'error' },
  { days: '7', least: 7, severity: 'warn' },
  { days: '14', least: 14, severity: 'warn' },
  { days: '30', least: 30, severity: 'info' },
] as const satisfies readonly Readonly<{
  days: string;
  least: number;
  severity: Sign['severity'];
}>[];

function stageOf(days: number): (typeof stages)[number] | null {
  return stages.find(({ least }) => days <= least) ?? null;
}

function textOf(name: string, days: number): string {
  if (days <= 0) return `a certificate of ${name} has ended`;
  const left = days < 1 ? `${Math.round(days * 24)} hours` : `${Math.floor(days)} days`;
  return `a certificate of ${name} ends in ${left}`;
}
