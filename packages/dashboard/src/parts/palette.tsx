/** `/` or Ctrl-K: jump to a service or page by a few letters; and `?`: which keys there are. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { helpOpen, searchOpen } from '../keys.ts';
import { status } from '../live.ts';
import { go } from '../router.ts';

const pages = [
  { label: 'Overview', url: '/' },
  { label: 'Services', url: '/s' },
  { label: 'Incidents', url: '/i' },
  { label: 'Approvals', url: '/approvals' },
  { label: 'Runbooks', url: '/r' },
  { label: 'Ports', url: '/ports' },
  { label: 'Events', url: '/events' },
];

export function Palette() {
  const box = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const open = searchOpen.value;
  useEffect(() => {
    if (open) box.current?.showModal();
    else box.current?.close();
    setText('');
  }, [open]);
  const services = (status.value?.services ?? []).flatMap(({ name }) => [
    { label: name, url: `/s/${encodeURIComponent(name)}` },
    { label: `${name} logs`, url: `/s/${encodeURIComponent(name)}?tab=logs` },
  ]);
  const wanted = text.toLowerCase();
  const found = [...services, ...pages]
    .filter(({ label }) => label.toLowerCase().includes(wanted))
    .slice(0, 8);
  const pick = (url: string) => {
    searchOpen.value = false;
    go(url);
  };
  return (
    <dialog ref={box} aria-label="Search" onClose={() => (searchOpen.value = false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const first = found[0];
          if (first !== undefined) pick(first.url);
        }}
      >
        <label>
          <span class="visually-hidden">Service or page</span>
          <input
            class="field"
            placeholder="Service or page"
            value={text}
            autocomplete="off"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </form>
      <ul class="palette">
        {found.map(({ label, url }) => (
          <li key={url}>
            <button class="button" type="button" onClick={() => pick(url)}>
              {label}
            </button>
          </li>
        ))}
        {found.length === 0 && <li class="muted">Nothing is called that.</li>}
      </ul>
    </dialog>
  );
}

const keys = [
  ['/ or Ctrl-K', 'search'],
  ['g then o, s, i, a, r, p, e', 'the pages, by their first letter'],
  ['j, k, Enter', 'move, open'],
  ['Esc', 'back'],
  ['f', 'follow logs'],
  ['r', 'restart the open service (asks first)'],
  ['t', 'light or dark'],
] as const;

export function KeyHelp() {
  const box = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) box.current?.showModal();
    else box.current?.close();
  }, [open]);
  return (
    <dialog ref={box} aria-labelledby="keys-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="keys-title">Keys</h2>
      <dl class="facts">
        {keys.map(([key, what]) => (
          <>
            <dt>
              <span class="kbd">{key}</span>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <div class="actions">
        <button class="button ink" type="button" onClick={() => (helpOpen.value = false)}>
          Close
        </button>
      </div>
    </dialog>
  );
}
