/** Logs of a service, stitched over restarts, live; filters live in the URL. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogLine } from '@fettle/sdk/api/documents';
import { query, setQuery } from '../router.ts';
import { appendLines, type LogRow } from './log-lines.ts';
import { LogRows } from './log-rows.tsx';

const levels = ['', 'debug', 'info', 'warn', 'error'];
const renderMs = 250;
const firstLines = '500';

function searchFor(name: string): URLSearchParams {
  const search = new URLSearchParams({ service: name, tail: firstLines });
  for (const key of ['level', 'grep', 'since']) {
    const value = query.value.get(key) ?? '';
    if (value !== '') search.set(key, value);
  }
  return search;
}

/** Collects followed lines and renders at most four times a second. */
function useFollowed(
  search: string,
): Readonly<{ rows: readonly LogRow[]; total: number; live: boolean }> {
  const rows = useRef<LogRow[]>([]);
  const [total, setTotal] = useState(0);
  const [live, setLive] = useState(false);
  useEffect(() => {
    rows.current = [];
    setTotal(0);
    const pending: LogLine[] = [];
    const stream = new EventSource(`/api/v1/logs?${search}&follow=1`);
    stream.addEventListener('open', () => setLive(true));
    stream.addEventListener('error', () => setLive(false));
    stream.addEventListener('message', (message: MessageEvent<string>) => {
      pending.push(JSON.parse(message.data) as LogLine);
    });
    const timer = setInterval(() => {
      if (pending.length === 0) return;
      const lines = pending.splice(0);
      appendLines(rows.current, lines);
      setTotal((before) => before + lines.length);
    }, renderMs);
    return () => {
      clearInterval(timer);
      stream.close();
    };
  }, [search]);
  return { rows: rows.current, total, live };
}

export function LogsTab({ name }: { name: string }) {
  const search = searchFor(name).toString();
  const { rows, total, live } = useFollowed(search);
  const [following, setFollowing] = useState(true);
  const level = query.value.get('level') ?? '';
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof Element && event.target.closest('input, select, dialog') !== null;
      if (event.key === 'f' && !typing) setFollowing((before) => !before);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <section class="panel" aria-label={`Logs of ${name}`}>
      <div class="log-bar">
        <label>
          <span class="visually-hidden">Filter by text or /pattern/</span>
          <input
            class="field"
            placeholder="text or /pattern/"
            value={query.value.get('grep') ?? ''}
            onChange={(event) => setQuery({ grep: event.currentTarget.value })}
          />
        </label>
        <label>
          <span class="visually-hidden">Level</span>
          <select
            class="field"
            value={level}
            onChange={(event) => setQuery({ level: event.currentTarget.value })}
          >
            {levels.map((one) => (
              <option key={one} value={one}>
                {one === '' ? 'all levels' : `${one} and worse`}
              </option>
            ))}
          </select>
        </label>
        <button
          class="button"
          type="button"
          aria-pressed={following}
          onClick={() => setFollowing(!following)}
        >
          Follow
        </button>
        <a class="button" href={`/api/v1/logs?${search}`} download={`${name}-logs.json`}>
          Download
        </a>
        <span class={`state small ${live ? 'ok' : 'unknown'}`}>
          <i aria-hidden="true">{live ? '●' : '○'}</i>
          {live ? 'live' : 'connecting'}
        </span>
      </div>
      <LogRows rows={rows} total={total} following={following} onFollow={setFollowing} />
    </section>
  );
}
