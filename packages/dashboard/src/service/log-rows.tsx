/** The visible part of a log: only rows in view exist, so 5,000 lines scroll like fifty. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { clock } from '../format.ts';
import type { LogRow } from './log-lines.ts';

const rowPx = 18;
const margin = 20;

type Props = Readonly<{
  rows: readonly LogRow[];
  /** Lines ever appended: a change means that there is something to draw. */
  total: number;
  following: boolean;
  onFollow: (following: boolean) => void;
}>;

export function LogRows({ rows, total, following, onFollow }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const seen = useRef(0);
  useEffect(() => {
    const element = box.current;
    if (element === null || !following) return;
    element.scrollTop = element.scrollHeight;
    seen.current = total;
  }, [total, following]);
  const height = box.current?.clientHeight ?? 600;
  const first = Math.max(0, Math.floor(top / rowPx) - margin);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowPx) + margin);
  const fresh = total - seen.current;
  const onScroll = (event: Event) => {
    const element = event.currentTarget as HTMLDivElement;
    setTop(element.scrollTop);
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < rowPx * 2;
    if (atEnd !== following) onFollow(atEnd);
  };
  if (rows.length === 0)
    return (
      <p class="empty">
        No line matches yet. What the service prints will appear here as it comes.
      </p>
    );
  return (
    <div
      class="log"
      ref={box}
      onScroll={onScroll}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Log lines"
    >
      <div class="spacer" style={{ height: `${rows.length * rowPx}px` }}>
        <div class="window" style={{ transform: `translateY(${first * rowPx}px)` }}>
          {rows.slice(first, last).map((row) => (
            <Row key={`${row.line.run}:${row.line.offset}:${row.line.kind}`} row={row} />
          ))}
        </div>
      </div>
      {!following && fresh > 0 && (
        <button class="button ink log-new" type="button" onClick={() => onFollow(true)}>
          ▼ {fresh} new
        </button>
      )}
    </div>
  );
}

function Row({ row: { line, times } }: { row: LogRow }) {
  const kind = line.kind === 'boundary' ? 'boundary' : (line.level ?? '');
  return (
    <div class={`log-row ${kind}`}>
      <time dateTime={line.at}>{clock(line.at)}</time>
      <span class="lvl">{line.kind === 'boundary' ? '──' : (line.level ?? '')}</span>
      {times > 1 && <span class="times">×{times}</span>}
      <span>{line.text}</span>
    </div>
  );
}
