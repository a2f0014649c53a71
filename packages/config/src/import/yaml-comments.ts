/** Comments of files whose values are read as data: found in the text, kept as lines. */
import { Lexer } from 'yaml';

/** Of YAML, without the `#`. */
export function commentsOf(text: string): readonly string[] {
  const found: string[] = [];
  for (const token of new Lexer().lex(text))
    if (token.startsWith('#')) found.push(token.slice(1).replace(/^ /, '').trimEnd());
  return found;
}

/** Whole lines that start with `//`, and block comments at the head of JavaScript or JSON. */
export function commentLines(text: string): readonly string[] {
  const found: string[] = [];
  const block = /^\s*\/\*\*?([\s\S]*?)\*\//.exec(text);
  if (block !== null)
    for (const line of (block[1] ?? '').split('\n')) {
      const bare = line.replace(/^\s*\*? ?/, '').trimEnd();
      if (bare !== '') found.push(bare);
    }
  for (const line of text.slice(block?.[0].length ?? 0).split('\n')) {
    const comment = /^\s*\/\/ ?(.*)$/.exec(line);
    if (comment !== null) found.push((comment[1] ?? '').trimEnd());
  }
  return found;
}

/** Of a node's comment, without the blank after `#`. */
export function shortComments(comment: string | null | undefined): readonly string[] {
  if (comment === null || comment === undefined) return [];
  return comment
    .split('\n')
    .map((line) => line.replace(/^ /, '').trimEnd())
    .filter((line) => line !== '');
}
