/**
 * An error that this service has never logged before, once we know what it usually logs.
 */
import type { Picture, ServicePicture } from '../../collect/picture.ts';
import type { Template } from '../../collect/template-tree.ts';
import type { Detector, Sign } from '../detector.ts';
import { signOf } from '../sign.ts';

/** Everything is new at first. */
const learningMs = 1_800_000;
/** New for so long. */
const newMs = 600_000;
const leastCount = 3;
/** A warning when it is logged so often within a minute. */
const warnPerMinute = 12;

export const templateNew: Detector = {
  id: 'template-new',
  flag: 'pattern_analysis',
  everyMs: 5_000,
  clearMs: 30_000,
  refractoryMs: 600_000,
  detect: (picture, nowMs) =>
    [...picture.services.values()].flatMap((service) => signsOf(picture, service, nowMs)),
};

function signsOf(picture: Picture, service: ServicePicture, nowMs: number): readonly Sign[] {
  if (nowMs - Math.max(service.firstSeenMs, picture.openedMs) < learningMs) return [];
  const signs: Sign[] = [];
  for (const template of service.templates.templates()) {
    // Newest first: what follows was not seen lately either.
    if (nowMs - template.lastMs > newMs) break;
    if (!isError(template) || nowMs - template.firstMs > newMs) continue;
    if (template.count < leastCount) continue;
    const lately = service.templates.countSince(template.id, nowMs - 60_000, nowMs + 10_000);
    signs.push(
      signOf({
        kind: 'template-new',
        target: service.name,
        about: String(template.id),
        severity: lately >= warnPerMinute ? 'warn' : 'info',
        sinceMs: template.firstMs,
        text: `${service.name} logs a new error: ${clip(template.example)}`,
        from: 'template',
      }),
    );
  }
  return signs;
}

export function isError({ level }: Template): boolean {
  return level === 'error' || level === 'fatal';
}

export function clip(text: string): string {
  const line = text.trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
