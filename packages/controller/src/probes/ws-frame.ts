/** Just enough WebSocket to say one thing and hear the answer. Source: RFC 6455, section 5. */
import { randomBytes } from 'node:crypto';

export type Frame = Readonly<{ opcode: number; final: boolean; payload: Buffer }>;

export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** One masked client frame. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const extended = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + payload.length);
  frame[0] = 0x80 | opcode;
  if (extended === 0) frame[1] = 0x80 | payload.length;
  else if (extended === 2) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(payload.length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  mask.copy(frame, 2 + extended);
  const start = 6 + extended;
  for (let i = 0; i < payload.length; i += 1)
    frame[start + i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return frame;
}

/** The first whole frame in `bytes`, and what follows it; null: not whole yet. */
export function decodeFrame(bytes: Buffer): Readonly<{ frame: Frame; rest: Buffer }> | null {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return null;
  let start = 2;
  let length = second & 0x7f;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    start = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    start = 10;
  }
  if (bytes.length < start + length) return null;
  const payload = bytes.subarray(start, start + length);
  const frame = { opcode: first & 0x0f, final: (first & 0x80) !== 0, payload };
  return { frame, rest: bytes.subarray(start + length) };
}
