/** Says a YAML parser's complaint in words that name the usual slip and how to mend it. */

type Wording = Readonly<{ message: string; hint: string }>;

const wordings: Readonly<Record<string, Wording>> = {
  TAB_AS_INDENT: {
    message: 'a tab is used for indentation here, and YAML allows spaces only',
    hint: 'Replace the tab by spaces (two per level).',
  },
  BAD_INDENT: {
    message: 'this line is not indented like its neighbours',
    hint: 'Align it with the lines of the same level; YAML reads structure from the spaces.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key must stand on one line; a `:` or a quote is missing before here',
    hint: 'Check the line above for a missing `:` after its key, or an unclosed quote.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a second `: ` on the line makes a mapping inside a value',
    hint: 'Put the value in quotes: `key: "a: b"`.',
  },
  BAD_SCALAR_START: {
    message: 'a value cannot start with this character',
    hint: 'Put the value in quotes.',
  },
  BAD_DQ_ESCAPE: {
    message: 'this escape is not known inside double quotes',
    hint: 'Double the backslash, or use single quotes.',
  },
  BAD_DIRECTIVE: {
    message: 'a line that starts with `%` is read as a YAML directive',
    hint: 'Put the value in quotes, or remove the line.',
  },
  NON_STRING_KEY: {
    message: 'a key must be plain text here',
    hint: 'Write the key as text, in quotes if need be.',
  },
  TAG_RESOLVE_FAILED: {
    message: 'this tag does not fit the value',
    hint: 'Remove the `!…` tag.',
  },
  RESOURCE_EXHAUSTION: {
    message: 'the file is nested too deeply to be read',
    hint: 'Flatten it: a stack needs about ten levels.',
  },
  MULTIPLE_ANCHORS: {
    message: 'a value can have one anchor only',
    hint: 'Remove one of the `&…` names.',
  },
  BLOCK_IN_FLOW: {
    message: 'block lists and mappings cannot stand inside `[ ]` or `{ }`',
    hint: 'Close the bracket, or write the whole value in one style.',
  },
  OPEN_BRACKET: {
    message: 'this bracket is not closed before the next key',
    hint: 'Close it by `]` or `}`.',
  },
  MERGE_CONFLICT: {
    message: 'a conflict of a merge was left in the file',
    hint: 'Keep one side and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`.',
  },
  UNEXPECTED_TOKEN: {
    message: 'this was not expected here',
    hint: 'Check the quotes, brackets and colons on this line and the one above.',
  },
};

/** `raw`: what the parser said, kept where it names the missing character. */
export function explainSyntax(code: string, raw: string): Wording {
  const known = wordings[code];
  if (known !== undefined && code !== 'UNEXPECTED_TOKEN') return known;
  const detail =
    raw
      .split('\n', 1)[0]
      ?.replace(/ at line .*$/, '')
      .replace(/:$/, '') ?? '';
  const [start = '', ...rest] = [...detail];
  return {
    message: detail === '' ? 'this is no valid YAML' : `${start.toLowerCase()}${rest.join('')}`,
    hint: known?.hint ?? 'Check the quotes, brackets and colons on this line and the one above.',
  };
}
