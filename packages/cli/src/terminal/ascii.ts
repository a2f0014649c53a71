/** Our own typography in plain ASCII, for `LANG=C` and `FETTLE_ASCII=1`. */

const plain: Readonly<Record<string, string>> = {
  '·': '-',
  '…': '...',
  '–': '-',
  '—': '-',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '→': '->',
  '←': '<-',
  '×': 'x',
  '≥': '>=',
  '≤': '<=',
  '●': '[ok]',
  '◐': '[..]',
  '▲': '[!]',
  '✕': '[!!]',
  '↻': '[<>]',
  '◆': '[++]',
  '○': '[--]',
  '✓': '[ok]',
  '─': '-',
  '━': '~',
  '│': '|',
  '┌': ',',
  '╵': "'",
  '└': "'",
};

const pattern = new RegExp(`[${Object.keys(plain).join('')}]`, 'gu');

/** `text` with our glyphs in ASCII where `unicode` is false; other characters are left alone. */
export function fitCharset(text: string, unicode: boolean): string {
  return unicode ? text : text.replace(pattern, (glyph) => plain[glyph] ?? glyph);
}
