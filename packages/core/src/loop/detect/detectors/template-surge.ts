/** A line that is logged many times as often as is usual for it, for a minute. */
import type { ServicePicture } from '../../collect/picture.ts';
import type { Template } from '../../collect/template-tree.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';
import { clip, isError } from './template-new.ts';

const recentMs = 60_000;
const pastMs = 3_000_000;
const leastPast = 10;
/** Times its own rate of the hour before, and so often within the minute. */
const times = 10;
const leastCount = 30;

export const templateSurge: Detector = {
  id: 'template-surge',
  flag: 'pattern_analysis',
  everyMs: 10_000,
  clearMs: 30_000,
  refractoryMs: 300_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => signsOf(service, nowMs)),
};

function signsOf(service: ServicePicture, nowMs: number): readonly Sign[] {
  const signs: Sign[] = [];
  for (const template of service.templates.templates()) {
    if (nowMs - template.lastMs > recentMs) break;
    const surge = surgeOf(service, template, nowMs);
    if (surge === null) continue;
    signs.push(
      signOf({
        kind: 'template-surge',
        target: service.name,
        about: String(template.id),
        severity: isError(template) ? 'warn' : 'info',
        sinceMs: nowMs - recentMs,
        text: `${service.name} logs ${Math.round(surge)} times as often as usual: ${clip(template.example)}`,
        from: 'template',
      }),
    );
  }
  return signs;
}

/** How many times its usual rate; null: no surge. */
function surgeOf({ templates }: ServicePicture, template: Template, nowMs: number): number | null {
  if (template.count < leastCount) return null;
  const sinceMs = nowMs - recentMs;
  const lately = templates.countSince(template.id, sinceMs, nowMs + 10_000);
  if (lately < leastCount) return null;
  const past = templates.countSince(template.id, sinceMs - pastMs, sinceMs);
  const spanMs = Math.min(pastMs, sinceMs - template.firstMs);
  // Too young to have a rate of its own: `template-new` speaks of it.
  if (past < leastPast || spanMs < pastMs / 5) return null;
  const factor = lately / recentMs / (past / spanMs);
  return factor >= times ? factor : null;
}
