/** The level of a line that is already text: the same answer as the index gives for its bytes. */
import type { LogLevel } from '@fettle/sdk/api/documents';
import { levelName, levelOfBytes } from './log-level.ts';

/** Longer JSON lines name their level near the start or not at all. */
const scratch = new Uint8Array(2_048);

/** null: the line names none. */
export function levelOfLine(line: string): LogLevel | null {
  const length = Math.min(line.length, scratch.length);
  for (let at = 0; at < length; at += 1) {
    const code = line.charCodeAt(at);
    scratch[at] = code < 128 ? code : 0xc3;
  }
  // The scanner looks a few bytes ahead of the end: nothing of the last line may stand there.
  for (let at = length; at < Math.min(length + 16, scratch.length); at += 1) scratch[at] = 0;
  return levelName(levelOfBytes(scratch, 0, length));
}
