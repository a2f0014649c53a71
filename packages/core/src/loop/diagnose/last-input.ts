/**
 * What did each run work on when it ended? A queue that hands out the same poisonous job again and
 * again shows the same item as the last word of run after run, while other items of that kind went
 * through before.
 *
 * Items are told by the words of queues, or by a line whose shape was seen with other values while
 * all was well.
 */
import type { EndSeen, ServicePicture } from '../collect/picture.ts';
import { lineShape, looksLikeError } from '../collect/error-line.ts';

export type LastInput = Readonly<{
  /** The item's id as the log has it: `4711`, `inv-22`. */
  item: string;
  line: string;
  /** Ends that had it as their last item, of those that had any. */
  ends: number;
  of: number;
}>;

const nouns =
  'job|task|message|msg|order|item|record|row|event|request|payload|batch|entry|document|doc|invoice' +
  '|delivery|image|upload|mail|email|import|export|ticket|packet|frame|chunk|command|transaction|tx|key';
const named = new RegExp(
  `\\b(?:${nouns})s?(?:[_ -]?(?:id|key|no|nr|number|uuid))?["']?\\s{0,2}[:=#]?\\s{0,2}["'#<(\\[]?` +
    `((?:[A-Za-z]{1,12}[-_:.])*[A-Za-z]{0,4}\\d[\\w.-]*|[\\da-f]{8}-[\\da-f-]{27})`,
  'i',
);
/** Time, date and process id at the head of a line change without meaning anything. */
const varying =
  /\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?|\[\d+\]|\bpid[=: ]\d+|\b\d+(?:\.\d+)? ?(?:ms|s|us|µs)\b|"(?:time|ts|timestamp|@timestamp|pid|hostname)" ?: ?"?[\d.TZ:-]+"?/gi;
/** Written when a request was answered: what ended the process is not among them. */
const access = /\b(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS) \/|"method" ?: ?"[A-Z]+"/;

/** What stands below the place of an error is quoted source, not a word of the program. */
const place = /^\s*File "[^"]+", line \d+|^\S+:\d+$/;

/** The item that most ends have in common; null: none had any, or they had different ones. */
export function lastInput(service: ServicePicture, ends: readonly EndSeen[]): LastInput | null {
  const used = new Set<Line>();
  const last = ends.map((end, index) =>
    itemsBefore(service, end, { afterMs: ends[index - 1]?.atMs ?? 0, used }),
  );
  const found = last.filter((items) => items.length > 0);
  const counts = new Map<string, number>();
  for (const item of found.flatMap((items) => [...new Set(items.map((one) => one.item))]))
    counts.set(item, (counts.get(item) ?? 0) + 1);
  const [best] = [...counts].toSorted((a, b) => b[1] - a[1]);
  if (best === undefined || best[1] < 2) return null;
  const line = found.flat().find(({ item }) => item === best[0])?.line ?? '';
  return { item: best[0], line, ends: best[1], of: found.length };
}

type Item = Readonly<{ item: string; line: string }>;

/** Lines arrive a little later than the end they tell of. */
const lagMs = 1_500;

type Line = ServicePicture['tail'][number];
type Window = Readonly<{ afterMs: number; used: Set<Line> }>;

/** Runs may follow each other faster than lines arrive: each line counts for one end only. */
function itemsBefore(
  service: ServicePicture,
  end: EndSeen,
  { afterMs, used }: Window,
): readonly Item[] {
  const all = service.tail.filter(({ instance }) => instance === end.instance);
  const own = all.filter(
    (one, index) =>
      one.atMs > afterMs - lagMs &&
      one.atMs <= end.atMs + lagMs &&
      !used.has(one) &&
      !access.test(one.line) &&
      !place.test(all[index - 1]?.line ?? ''),
  );
  const take = (line: Line, items: readonly Item[]): readonly Item[] => {
    for (const one of own.slice(0, own.indexOf(line) + 1)) used.add(one);
    return items;
  };
  // The newest before the end; what only arrived after it, the oldest first.
  const before = own.filter(({ atMs }) => atMs <= end.atMs).slice(-60);
  const told = [...before.toReversed(), ...own.filter(({ atMs }) => atMs > end.atMs)];
  for (const one of told) {
    const match = named.exec(bareOf(one.line));
    if (match?.[1] !== undefined) return take(one, [{ item: trimmed(match[1]), line: one.line }]);
  }
  const spoken = told.filter(({ line }) => !looksLikeError(line) && !/^\s+\S/.test(line));
  for (const one of spoken.slice(0, 12)) {
    const items = generalItems(service, one.line);
    if (items.length > 0) return take(one, items);
  }
  return [];
}

/** Without what varies by itself, and without the keys under which loggers put the text. */
function bareOf(line: string): string {
  return line.replace(varying, ' ').replace(/"?\b(?:msg|message|event|text)"?\s?[:=]/g, ' ');
}

function trimmed(item: string): string {
  return item.replace(/[.,:;-]+$/, '');
}

/** The parts of a line that were different in other lines of its shape, the last first. */
function generalItems(service: ServicePicture, line: string): readonly Item[] {
  const bare = bareOf(line);
  const shape = lineShape(bare);
  const others = service.tail
    .map((one) => bareOf(one.line))
    .filter((other) => other !== bare && lineShape(other) === shape);
  if (others.length === 0) return [];
  const numbers = bare.match(/[\w.-]*\d[\w.-]*/g) ?? [];
  return numbers
    .filter((one) => others.some((other) => !other.includes(one)))
    .toReversed()
    .map((item) => ({ item: trimmed(item), line }));
}
