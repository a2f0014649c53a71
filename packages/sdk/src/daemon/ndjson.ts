/** Newline-delimited JSON over a socket: cuts bytes into lines, within a bound. */

/** A stack of some thousand services fits; a peer that never ends its line does not. */
const defaultMaxBytes = 32 * 1_048_576;

/**
 * Returns a function that takes chunks and calls `onLine` for each complete, non-empty line.
 * `onOverflow` is called once, and nothing after it, when a line grows beyond `maxBytes`.
 */
export function lineCutter(
  onLine: (line: string) => void,
  onOverflow: () => void,
  maxBytes = defaultMaxBytes,
): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let heldBytes = 0;
  let over = false;
  return (chunk) => {
    let from = 0;
    while (!over) {
      const end = chunk.indexOf(10, from);
      const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
      if (piece.length > 0) parts.push(piece);
      heldBytes += piece.length;
      if (heldBytes > maxBytes) {
        over = true;
        parts = [];
        onOverflow();
        return;
      }
      if (end < 0) return;
      const line = parts.length === 1 ? piece.toString('utf8') : Buffer.concat(parts).toString();
      parts = [];
      heldBytes = 0;
      from = end + 1;
      if (line !== '') onLine(line);
    }
  };
}
