/** Keys for those who live on the keyboard; none does a risky thing without a question. */
import { signal } from '@preact/signals';
import { path, go } from './router.ts';
import { status } from './live.ts';
import { toggleTheme } from './theme.ts';

export const picked = signal<string | null>(null);
export const helpOpen = signal(false);
export const searchOpen = signal(false);

const places: Readonly<Record<string, string>> = {
  o: '/',
  s: '/s',
  i: '/i',
  a: '/approvals',
  r: '/r',
  p: '/ports',
  e: '/events',
};
let pendingGo = false;

function move(by: number): void {
  const names = status.value?.services.map((service) => service.name) ?? [];
  const at = picked.value === null ? -1 : names.indexOf(picked.value);
  const next = names[Math.min(names.length - 1, Math.max(0, at + by))];
  if (next !== undefined) picked.value = next;
}

const acts: Readonly<Record<string, () => void>> = {
  '?': () => (helpOpen.value = true),
  '/': () => (searchOpen.value = true),
  j: () => move(1),
  k: () => move(-1),
  t: toggleTheme,
  Enter: () => picked.value !== null && go(`/s/${encodeURIComponent(picked.value)}`),
  Escape: () => {
    if (path.value.startsWith('/s/')) go('/s');
    if (path.value.startsWith('/i/')) go('/i');
  },
};

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.closest('input, select, textarea, dialog, a, button') !== null ||
      target.isContentEditable)
  );
}

function onKey(event: KeyboardEvent): void {
  if ((event.metaKey || event.ctrlKey) && event.key === 'k') {
    event.preventDefault();
    searchOpen.value = true;
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
  const place = pendingGo ? places[event.key] : undefined;
  pendingGo = event.key === 'g' && !pendingGo;
  if (place !== undefined) {
    go(place);
    return;
  }
  const act = acts[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

export function listenToKeys(): void {
  addEventListener('keydown', onKey);
}
