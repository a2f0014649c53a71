/**
 * The page's live picture: status fetched at most four times a second when the event stream says
 * that something changed, and every 5 s otherwise. Silence of 25 s is shown, never hidden.
 */
import { computed, signal } from '@preact/signals';
import type { StackEvent } from '@fettle/sdk/api/documents';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { api } from './api.ts';

const silenceMs = 25_000;
const pollMs = 5_000;
const coalesceMs = 250;
const keptEvents = 200;

export const status = signal<StatusDocument | null>(null);
export const fetchedAtMs = signal(0);
export const heardAtMs = signal(Date.now());
export const nowMs = signal(Date.now());
export const recent = signal<readonly StackEvent[]>([]);
export const silentMs = computed(() => Math.max(0, nowMs.value - heardAtMs.value));
export const stale = computed(() => silentMs.value >= silenceMs);

let fetching = false;
let again = false;

async function refresh(): Promise<void> {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    status.value = await api.status();
    fetchedAtMs.value = Date.now();
    heardAtMs.value = Date.now();
  } catch {
    // Shown by the stale banner: `heardAtMs` stands still.
  }
  fetching = false;
  if (again) {
    again = false;
    setTimeout(() => void refresh(), coalesceMs);
  }
}

function hear(message: MessageEvent<string>): void {
  heardAtMs.value = Date.now();
  const event = JSON.parse(message.data) as StackEvent;
  recent.value = [event, ...recent.value].slice(0, keptEvents);
  void refresh();
}

/** Starts the stream, the poll and the clock; they last as long as the page. */
export function startLive(): void {
  void refresh();
  const stream = new EventSource('/api/v1/stream');
  stream.addEventListener('message', hear);
  stream.addEventListener('beat', () => (heardAtMs.value = Date.now()));
  stream.addEventListener('open', () => (heardAtMs.value = Date.now()));
  setInterval(() => void refresh(), pollMs);
  setInterval(() => (nowMs.value = Date.now()), 1_000);
}
