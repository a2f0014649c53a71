/** A running hash over the stream of events and effects: the same seed must give the same one. */
import type { SuperviseEffect } from '@fettle/core/supervise/effect';
import type { SuperviseEvent } from '@fettle/core/supervise/event';

export type Digest = { high: number; low: number };

export function createDigest(): Digest {
  return { high: 0x811c9dc5, low: 0x2f0b4c17 };
}

export function digestText(digest: Digest): string {
  return hexOf(digest.high) + hexOf(digest.low);
}

function hexOf(half: number): string {
  return (half >>> 0).toString(16).padStart(8, '0');
}

export function addStep(
  digest: Digest,
  nowMs: number,
  event: SuperviseEvent,
  effects: readonly SuperviseEffect[],
): void {
  addNumber(digest, nowMs);
  addText(digest, event.kind);
  if ('token' in event) addText(digest, event.token);
  if ('instance' in event) addText(digest, event.instance);
  if ('timer' in event) addText(digest, event.timer);
  for (const effect of effects) addEffect(digest, effect);
}

function addEffect(digest: Digest, effect: SuperviseEffect): void {
  addText(digest, effect.kind);
  switch (effect.kind) {
    case 'arm':
      addText(digest, effect.timer);
      addNumber(digest, effect.atMs ?? -1);
      return;
    case 'record':
      addText(digest, effect.entry.kind);
      return;
    case 'publish':
      addText(digest, effect.notice.kind);
      if (effect.notice.kind === 'instance-changed') {
        addText(digest, effect.notice.cause);
        addText(digest, effect.notice.view.instance);
        addText(digest, effect.notice.view.state);
        addNumber(digest, effect.notice.view.restarts);
      }
      return;
    case 'tell-endpoints':
      addText(digest, effect.service);
      return;
    case 'find-port':
    case 'claim-port':
    case 'release-port':
      addText(digest, effect.instance);
      return;
    case 'kill-hook':
      addText(digest, effect.id);
      return;
    case 'spawn':
    case 'run-hook':
    case 'signal':
    case 'kill-tree':
    case 'continue':
      addText(digest, effect.token);
      return;
    case 'halt':
      return;
    default:
      effect satisfies never;
  }
}

function addText(digest: Digest, text: string): void {
  let { high, low } = digest;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(low ^ unit, 0x01000197);
  }
  digest.high = high;
  digest.low = low;
}

function addNumber(digest: Digest, value: number): void {
  const whole = value | 0;
  const rest = Math.floor(value / 4_294_967_296) | 0;
  digest.high = Math.imul(digest.high ^ whole ^ rest, 0x01000193);
  digest.low = Math.imul(digest.low ^ whole ^ rest, 0x01000197);
}
