/** Every view is a URL: path and query are signals, links push history, `Back` works. */
import { signal } from '@preact/signals';

export const path = signal(location.pathname);
export const query = signal(new URLSearchParams(location.search));

function read(): void {
  path.value = location.pathname;
  query.value = new URLSearchParams(location.search);
}

export function go(url: string): void {
  history.pushState(null, '', url);
  read();
  window.scrollTo(0, 0);
}

/** Replaces query keys without a new history entry; an empty value removes the key. */
export function setQuery(changes: Readonly<Record<string, string>>): void {
  const next = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes))
    if (value === '') next.delete(key);
    else next.set(key, value);
  const text = next.toString();
  history.replaceState(null, '', text === '' ? location.pathname : `${location.pathname}?${text}`);
  read();
}

/** Lets plain links navigate without a page load; modified clicks keep their meaning. */
export function interceptLinks(): void {
  addEventListener('popstate', read);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.target !== '' || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/api/') || link.hasAttribute('download')) return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
