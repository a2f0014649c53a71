/** Bytes as base64 text (RFC 4648, section 4) and back: the core has neither Buffer nor btoa. */

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const places = new Map([...letters].map((letter, at) => [letter.charCodeAt(0), at]));
/** Joined in pieces: one string per byte would be slow. */
const pieceBytes = 3 * 4_096;

export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    let piece = '';
    const until = Math.min(bytes.length, from + pieceBytes);
    for (let at = from; at < until; at += 3) {
      const [a, b, c] = [bytes[at]!, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
      piece += letters[a >> 2]! + letters[((a & 3) << 4) | (b >> 4)]!;
      piece += at + 1 < until ? letters[((b & 15) << 2) | (c >> 6)]! : '=';
      piece += at + 2 < until ? letters[c & 63]! : '=';
    }
    pieces.push(piece);
  }
  return pieces.join('');
}

/** null: it is no base64. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  let bits = 0;
  for (let index = 0; index < text.length - padding; index += 1) {
    const place = places.get(text.charCodeAt(index));
    if (place === undefined) return null;
    bits = ((bits << 6) | place) & 0xffffff;
    const turn = index % 4;
    if (turn === 0) continue;
    bytes[at] = (bits >> (6 - turn * 2)) & 0xff;
    at += 1;
  }
  return bytes;
}
