/**
 * Log lines as the bytes of an answer: a JSON document, NDJSON or server-sent events.
 *
 * Many lines go out in one piece, since a write each would cost more than finding them. A quiet
 * answer beats, so that it can be told from a dead one; what goes wrong on the way is told in the
 * stream, for its status is long out.
 */
import type { LogLine } from '@fettle/sdk/api/documents';
import { conceal } from '../conceal.ts';
import { problemOf } from '@fettle/sdk/problem-error';
import { asFettleError } from './problem.ts';

export type LogForm = 'json' | 'ndjson' | 'sse';

const pieceChars = 65_536;
/** Instances whose place an SSE id holds; a page follows one service. */
const maxPlaces = 32;

export type TextOptions = Readonly<{ form: LogForm; abort: AbortSignal; beatMs: number }>;

export async function* logTexts(
  batches: AsyncIterable<readonly LogLine[]>,
  { form, abort, beatMs }: TextOptions,
): AsyncGenerator<string> {
  const iterator = batches[Symbol.asyncIterator]();
  const textOf = form === 'sse' ? eventWriter() : form === 'ndjson' ? lineText : itemWriter();
  if (form === 'json') yield '{"schema":"fettle.logs/v1","lines":[';
  else if (form === 'sse') yield ': hello\n\n';
  let piece = '';
  let next = iterator.next();
  try {
    while (!abort.aborted) {
      const step = await soon(next, piece === '' ? beatMs : 0);
      if (step === null) {
        // Nothing at hand: what was gathered goes, or a sign of life does.
        yield piece === '' ? beats[form] : piece;
        piece = '';
        continue;
      }
      if (step.done === true) break;
      for (const line of step.value) piece += textOf(line);
      next = iterator.next();
      if (piece.length < pieceChars) continue;
      yield piece;
      piece = '';
    }
    yield form === 'json' ? `${piece}]}` : piece;
  } catch (cause) {
    if (form === 'json') throw cause;
    const problem = problemOf(asFettleError(cause), null);
    const json = JSON.stringify({ ...problem, detail: conceal(problem.detail) });
    yield form === 'sse' ? `${piece}event: problem\ndata: ${json}\n\n` : `${piece}${json}\n`;
  } finally {
    next.catch(() => undefined);
    // Not awaited: a generator that waits for a line would keep us until one comes.
    void iterator.return?.()?.catch(() => undefined);
  }
}

/** Each is nothing to a reader: a comment, a blank line, white space between values. */
const beats: Readonly<Record<LogForm, string>> = { sse: ': beat\n\n', ndjson: '\n', json: '\n' };

/** null: not within `waitMs`; 0 gives it a turn of the event loop. */
async function soon<Value>(value: Promise<Value>, waitMs: number): Promise<Value | null> {
  const late = Promise.withResolvers<null>();
  const immediate = waitMs === 0 ? setImmediate(() => late.resolve(null)) : null;
  const timer = waitMs === 0 ? null : setTimeout(() => late.resolve(null), waitMs);
  try {
    return await Promise.race([value, late.promise]);
  } finally {
    if (immediate !== null) clearImmediate(immediate);
    if (timer !== null) clearTimeout(timer);
  }
}

function lineText(line: LogLine): string {
  return `${JSON.stringify(line)}\n`;
}

function itemWriter(): (line: LogLine) => string {
  let isFirst = true;
  return (line) => {
    const comma = isFirst ? '' : ',';
    isFirst = false;
    return comma + JSON.stringify(line);
  };
}

/** The id holds the last place of each instance: with it as Last-Event-ID nothing is missed. */
function eventWriter(): (line: LogLine) => string {
  const places = new Map<string, string>();
  return (line) => {
    const { instance, run, offset, kind } = line;
    places.delete(instance);
    places.set(instance, `${run}/${offset}${kind === 'boundary' ? '/boundary' : ''}`);
    if (places.size > maxPlaces) places.delete(places.keys().next().value ?? '');
    return `id: ${[...places.values()].join(',')}\ndata: ${JSON.stringify(line)}\n\n`;
  };
}
