/** How wide text is in a terminal, and how to make it fit. */
import { nodeUtil } from '@fettle/sdk/builtin';

const { stripVTControlCharacters } = nodeUtil();

/** Cells that `text` takes, escape sequences not counted. */
export function widthOf(text: string): number {
  const bare = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(bare)) return bare.length;
  let cells = 0;
  for (const character of bare) cells += cellsOf(character.codePointAt(0) ?? 0);
  return cells;
}

/** Cuts in the middle: both ends of a path, an address or a sentence tell more than one. */
export function truncateMiddle(text: string, columns: number, unicode = true): string {
  if (widthOf(text) <= columns) return text;
  const mark = unicode ? '…' : '..';
  const room = columns - mark.length;
  if (room <= 0) return mark.slice(0, Math.max(0, columns));
  const characters = Array.from(text);
  const head = takeCells(characters, Math.ceil(room / 2));
  const tail = takeCells(characters.toReversed(), Math.floor(room / 2)).toReversed();
  return `${head.join('')}${mark}${tail.join('')}`;
}

export function padTo(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const fill = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return align === 'left' ? text + fill : fill + text;
}

/** Lines of at most `columns` cells, broken between words where that is possible. */
export function wrapWords(text: string, columns: number): string[] {
  if (widthOf(text) <= columns) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = widthOf(word) <= columns ? word : truncateMiddle(word, columns);
  }
  return line === '' ? lines : [...lines, line];
}

function takeCells(characters: readonly string[], cells: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += cellsOf(character.codePointAt(0) ?? 0);
    if (used > cells) break;
    taken.push(character);
  }
  return taken;
}

/** Combining marks take none, East Asian wide characters and emoji two (UAX #11, coarse). */
function cellsOf(codePoint: number): number {
  if (codePoint < 0x20 || (codePoint >= 0x300 && codePoint <= 0x36f)) return 0;
  if (codePoint === 0x200b || codePoint === 0x200d || codePoint === 0xfe0f) return 0;
  const wide =
    (codePoint >= 0x1100 && codePoint <= 0x115f) ||
    (codePoint >= 0x2e80 && codePoint <= 0xa4cf) ||
    (codePoint >= 0xac00 && codePoint <= 0xd7a3) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff) ||
    (codePoint >= 0xfe30 && codePoint <= 0xfe6f) ||
    (codePoint >= 0xff00 && codePoint <= 0xff60) ||
    (codePoint >= 0x1f300 && codePoint <= 0x1faff) ||
    (codePoint >= 0x20000 && codePoint <= 0x3fffd);
  return wide ? 2 : 1;
}
