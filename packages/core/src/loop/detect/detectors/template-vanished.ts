/**
 * A line that came like a heartbeat and no longer does: a loop that has stopped turning.
 *
 * Only what was regular over most of an hour is missed, and only by a clear margin. For a worker,
 * which answers no probe, silence of all its log is a warning.
 */
import type { ServicePicture } from '../../collect/picture.ts';
import type { Template } from '../../collect/template-tree.ts';
import type { Detector, Sign } from '../detector.ts';
import { isSettled } from '../recent.ts';
import { signOf } from '../sign.ts';
import { clip } from './template-new.ts';

const pieceMs = 600_000;
const pieces = 5;
const leastPerPiece = 5;
/** The rarest piece has at least this share of the fullest. */
const regularity = 0.8;
const leastSilenceMs = 60_000;
/** Missed after so many of its own intervals. */
const intervals = 5;
const settledMs = pieceMs;

export const templateVanished: Detector = {
  id: 'template-vanished',
  flag: 'pattern_analysis',
  everyMs: 15_000,
  clearMs: 30_000,
  refractoryMs: 600_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => signsOf(service, nowMs)),
};

function signsOf(service: ServicePicture, nowMs: number): readonly Sign[] {
  if (!isSettled(service, settledMs, nowMs)) return [];
  const all = service.templates.templates();
  const isSilent = all.every(({ lastMs }) => nowMs - lastMs > leastSilenceMs);
  return all.flatMap((template) => {
    const silentMs = nowMs - template.lastMs;
    if (silentMs < leastSilenceMs || silentMs > pieceMs) return [];
    if (template.count < pieces * leastPerPiece) return [];
    const intervalMs = intervalOf(service, template);
    if (intervalMs === null || silentMs < intervals * intervalMs) return [];
    return signOf({
      kind: 'template-vanished',
      target: service.name,
      about: String(template.id),
      severity: isSilent && service.kind === 'worker' ? 'warn' : 'info',
      sinceMs: template.lastMs,
      text: `${service.name} no longer logs, as it did every ${Math.round(intervalMs / 1_000)} s: ${clip(template.example)}`,
      from: 'template',
    });
  });
}

/** Mean interval up to its last occurrence; null: it was not regular. */
function intervalOf({ templates }: ServicePicture, { id, lastMs }: Template): number | null {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let sum = 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    const untilMs = lastMs - piece * pieceMs;
    const count = templates.countSince(id, untilMs - pieceMs, untilMs);
    least = Math.min(least, count);
    most = Math.max(most, count);
    sum += count;
  }
  if (least < leastPerPiece || least < most * regularity) return null;
  return (pieces * pieceMs) / sum;
}
