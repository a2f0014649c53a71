/**
 * Log lines as they are read, many at a time, over as many connections as it takes.
 *
 * A line has an address: its run and its offset. After a lost connection the query is asked again
 * with the last address of each instance, and the answer goes on right behind it: nothing is
 * missed, however fast the lines come, and nothing comes twice.
 */
import type { LogLine } from './api/documents.ts';
import { FettleError } from './fettle-error.ts';
import { finalError, openChunks, reconnected, type LiveOptions } from './live-stream.ts';
import { errorOfAnswer } from './problem-error.ts';
import type { Transport } from './transport.ts';

/** Instances whose place is kept, the ones heard last: more would not fit into a request. */
const maxPlaces = 1_500;
/** A line longer than this is cut off as broken: the controller splits at 64 KiB. */
const maxLineChars = 4 * 1024 * 1024;

type Place = Readonly<{ run: string; offset: number; isBoundary: boolean }>;

/** `pathFor`: `after` holds the places already reached. `endless`: new lines follow. */
export async function* logBatches(
  transport: Transport,
  pathFor: (resume: Readonly<{ after?: readonly string[] }>) => string,
  [live, endless]: readonly [LiveOptions, boolean],
): AsyncGenerator<readonly LogLine[]> {
  const places = new Map<string, Place>();
  const headers = { accept: 'application/x-ndjson' };
  const connect = (): AsyncIterable<readonly LogLine[] | null> => {
    const after = [...places.values()].map(
      ({ run, offset, isBoundary }) => `${run}/${offset}${isBoundary ? '/boundary' : ''}`,
    );
    const path = pathFor(after.length === 0 ? {} : { after });
    return linesOf(openChunks(transport, path, headers, live), transport.target);
  };
  for await (const batch of reconnected(connect, live, endless)) {
    const fresh = batch.filter((line) => isNew(places.get(line.instance), line));
    for (const { instance, run, offset, kind } of fresh) {
      if (places.get(instance)?.run !== run) places.delete(instance);
      places.set(instance, { run, offset, isBoundary: kind === 'boundary' });
    }
    for (const instance of places.keys()) {
      if (places.size <= maxPlaces) break;
      places.delete(instance);
    }
    if (fresh.length > 0) yield fresh;
  }
}

/** A boundary may share its offset with the next line, and with another boundary. */
function isNew(place: Place | undefined, { run, offset, kind }: LogLine): boolean {
  if (place === undefined || place.run !== run || kind === 'boundary') return true;
  return place.isBoundary ? offset >= place.offset : offset > place.offset;
}

/** null: connected, or a sign of life. */
async function* linesOf(
  chunks: AsyncIterable<string>,
  target: string,
): AsyncGenerator<readonly LogLine[] | null> {
  let rest = '';
  for await (const chunk of chunks) {
    const texts = (rest + chunk).split('\n');
    rest = texts.pop() ?? '';
    if (rest.length > maxLineChars) rest = '';
    const lines: LogLine[] = [];
    let problem: string | null = null;
    for (const text of texts) {
      const value = text === '' ? null : parsed(text);
      if (isLine(value)) lines.push(value);
      else if (value !== null) problem = text;
    }
    yield lines.length === 0 ? null : lines;
    if (problem !== null)
      throw finalError(errorOfAnswer({ status: 500, contentType: '', text: problem }, target));
  }
}

/** @throws FettleError E-API-ANSWER */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FettleError('E-API-ANSWER', 'the controller answered what is no JSON', {
      hint: 'fettle version      shows whether the CLI and the daemon are of one version',
      cause,
    });
  }
}

function isLine(value: unknown): value is LogLine {
  return typeof value === 'object' && value !== null && 'offset' in value && 'run' in value;
}
