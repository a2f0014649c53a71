/**
 * What the container engine says: the container runs, and its own check (of the image or of
 * `healthcheck`) holds. The keeper writes the engine's word down; nothing is dialled from here.
 */
import type { ContainerWord } from '@fettle/core/stack/container';
import { readSmallText } from '@fettle/proc/small-file';
import { formatDuration } from '@fettle/sdk/duration';
import type { ProbeKind, Seen } from './probe.ts';

/** The keeper renews its word every 5 s; a busy machine may take its time. */
const staleMs = 45_000;

export const containerProbe: ProbeKind<'container'> = {
  kind: 'container',
  address: () => null,
  open: (_, place) => ({
    run: () => Promise.resolve(judge(place.containerWord?.() ?? null, Date.now())),
    close() {},
  }),
};

/** null: no word is there. */
export function readContainerWord(path: string): ContainerWord | null {
  const text = readSmallText(path);
  if (text === null || text === '') return null;
  try {
    return JSON.parse(text) as ContainerWord;
  } catch {
    // It is replaced whole; a line of another version is none.
    return null;
  }
}

function judge(word: ContainerWord | null, nowMs: number): Seen {
  if (word === null)
    return { ok: false, detail: 'the engine has not said that it runs', answer: 'absent' };
  const ageMs = nowMs - word.atMs;
  if (ageMs > staleMs) {
    const detail = `the engine has not been heard for ${formatDuration(ageMs)}`;
    // Of the container nothing is known: no reason to restart it.
    return { ok: false, detail, answer: 'answered' };
  }
  if (word.health === 'none') return { ok: true, detail: 'runs', answer: 'answered' };
  const said = word.detail === '' ? '' : `: ${word.detail}`;
  const detail = `${word.health}${said}`;
  return { ok: word.health === 'healthy', detail, answer: silentWhen(word.health) };
}

/** `starting` decides nothing yet; an unhealthy one is as dead as a check without an answer. */
function silentWhen(health: string): Seen['answer'] {
  return health === 'unhealthy' ? 'silent' : 'answered';
}
