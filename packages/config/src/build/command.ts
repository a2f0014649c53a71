/**
 * Turns `command` and `entrypoint` into argv. Compose splits text as a shell would but runs no
 * shell; text that uses a shell's operators or variables would then fail in odd ways, so that text,
 * and only that, runs through `/bin/sh`. Source: POSIX Shell Command Language, "Token Recognition".
 */
import type { CommandText } from '../keys/health-keys.ts';

export type Split = Readonly<{
  words: readonly string[];
  /** Null, or what makes a shell necessary. */
  shell: 'operator' | 'variable' | null;
  /** A quote that is never closed. */
  unclosed: string | null;
}>;

/** `exec` before these fails or means something else. */
const notExecutable =
  /^(?:if|for|while|until|case|cd|export|set|unset|trap|ulimit|umask|source|eval|exec|exit|\.|:|!|\(|\{)(?:\s|$)|^[A-Za-z_]\w*=/;

export function splitWords(text: string): Split {
  const words: string[] = [];
  let word: string | null = null;
  let shell: Split['shell'] = null;
  let at = 0;
  const mark = (kind: 'operator' | 'variable') => {
    if (shell !== 'operator') shell = kind;
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(text, at);
      if (quoted === null) return { words, shell, unclosed: char };
      if (quoted.variable) mark('variable');
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\' && at + 1 < text.length) {
      if (text[at + 1] !== '\n') word = (word ?? '') + text[at + 1];
      at += 2;
    } else {
      if ('|&;<>()`'.includes(char)) mark('operator');
      if (char === '$' && /[A-Za-z_{(@*#?0-9!]/.test(text[at + 1] ?? '')) mark('variable');
      word = (word ?? '') + char;
      at += 1;
    }
  }
  if (word !== null) words.push(word);
  return { words, shell, unclosed: null };
}

type Quoted = Readonly<{ text: string; end: number; variable: boolean }>;

function readQuoted(text: string, start: number): Quoted | null {
  const quote = text[start];
  let out = '';
  let variable = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === quote) return { text: out, end: at + 1, variable };
    if (quote === '"' && char === '\\' && /[$`"\\\n]/.test(text[at + 1] ?? '')) {
      at += 1;
      if (text[at] !== '\n') out += text[at];
      continue;
    }
    if (quote === '"' && char === '$' && /[A-Za-z_{(]/.test(text[at + 1] ?? '')) variable = true;
    out += char;
  }
  return null;
}

export type CommandResult =
  | Readonly<{ kind: 'argv'; argv: readonly string[] }>
  | Readonly<{ kind: 'fault'; message: string; hint: string }>;

/** One text command. `sh -c "…"` is left to its own shell: its variables are not ours. */
export function argvOf(text: string): CommandResult {
  const { words, shell, unclosed } = splitWords(text);
  if (unclosed !== null) {
    const hint = `Close the quote, or write the command as a list: ["node", "server.js"].`;
    return { kind: 'fault', message: `has a ${unclosed} that is never closed`, hint };
  }
  if (words.length === 0 || words[0] === '')
    return {
      kind: 'fault',
      message: 'is empty',
      hint: 'Write what to run: `command: node server.js`.',
    };
  const ownShell = /(?:^|\/)(?:ba|da|z|k|a)?sh$/.test(words[0] ?? '') && words[1]?.startsWith('-');
  if (shell === null || (shell === 'variable' && ownShell === true))
    return { kind: 'argv', argv: words };
  const trimmed = text.trim();
  // Without operators one program runs: `exec` makes it the process that is watched.
  const line = shell === 'variable' && !notExecutable.test(trimmed) ? `exec ${trimmed}` : trimmed;
  return { kind: 'argv', argv: ['/bin/sh', '-c', line] };
}

/** `entrypoint` stands before `command`, whose words are then arguments and see no shell. */
export function joinCommand(
  entrypoint: CommandText | null,
  command: CommandText | null,
): CommandResult {
  const first = entrypoint !== null && !isEmpty(entrypoint) ? entrypoint : null;
  if (first === null)
    return command === null || command.kind === 'text'
      ? argvOf(command?.text ?? '')
      : listed(command.words);
  const head = first.kind === 'text' ? argvOf(first.text) : listed(first.words);
  if (head.kind === 'fault' || command === null) return head;
  if (command.kind === 'list') return { kind: 'argv', argv: [...head.argv, ...command.words] };
  const { words, unclosed } = splitWords(command.text);
  if (unclosed !== null) return argvOf(command.text);
  return { kind: 'argv', argv: [...head.argv, ...words] };
}

function isEmpty(command: CommandText): boolean {
  return command.kind === 'text' ? command.text.trim() === '' : command.words.length === 0;
}

function listed(words: readonly string[]): CommandResult {
  if (words.length > 0 && words[0] !== '') return { kind: 'argv', argv: words };
  return {
    kind: 'fault',
    message: 'is empty',
    hint: 'Write what to run: `command: [node, server.js]`.',
  };
}
