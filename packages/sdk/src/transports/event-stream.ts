/**
 * Reads server-sent events from text chunks cut anywhere.
 *
 * Source: WHATWG HTML, "Server-sent events", 9.2.6 "Interpreting an event stream". NDJSON lines are
 * accepted by the sibling below, since `/api/v1/logs` answers either.
 */

export type SseMessage = Readonly<{ id: string | null; event: string; data: string }>;

/** A line longer than this is cut off as broken: nothing of ours is this long. */
const maxPendingChars = 4 * 1024 * 1024;

/** Comments (heartbeats) yield null, so that a reader can tell silence from life. */
export async function* readEvents(
  chunks: AsyncIterable<string>,
): AsyncGenerator<SseMessage | null> {
  let id: string | null = null;
  let event = 'message';
  let data: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { id, event, data: data.join('\n') };
      event = 'message';
      data = [];
      continue;
    }
    if (line.startsWith(':')) {
      yield null;
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

/** Lines without their end (`\n`, `\r\n`, `\r`). An unfinished last line is dropped. */
export async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let pending = '';
  for await (const chunk of chunks) {
    pending += chunk;
    // A `\r` at the very end may be half of `\r\n`: it waits for the next chunk.
    const usable = pending.endsWith('\r') ? pending.length - 1 : pending.length;
    const lines = pending.slice(0, usable).split(/\r\n|\n|\r/);
    pending = (lines.pop() ?? '') + pending.slice(usable);
    yield* lines;
    if (pending.length > maxPendingChars) pending = '';
  }
}
