/**
 * How another tool's command is written so that Fettle runs the same: with a shell where that tool
 * used one and the text needs it, without one where it did not.
 */
import { splitWords } from '../build/command.ts';
import type { Plain } from './draft.ts';

/** What only a shell does beyond what makes Fettle take one by itself. */
const shellWork = /[\n*?[\]~#!{}]/;
const builtin =
  /^(?:cd|export|set|unset|trap|ulimit|umask|source|eval|exit|if|for|while|until|case)\s|^[.:]\s|^[({]/;

/** A command line of a tool that gives it to a shell. `$` is a dollar sign here. */
export function shellCommand(text: string, shell = '/bin/sh'): Plain {
  const trimmed = text.trim();
  const direct = trimmed.replace(/^exec\s+/, '');
  const { shell: needs, unclosed } = splitWords(direct);
  if (unclosed !== null) return [shell, '-c', trimmed];
  if (isAssignment(direct) || builtin.test(direct) || shellWork.test(outsideQuotes(direct)))
    return [shell, '-c', trimmed];
  return needs === 'operator' && shell !== '/bin/sh' ? [shell, '-c', trimmed] : direct;
}

/** A command of a tool that splits words itself and knows no shell. */
export function plainCommand(words: readonly string[]): Plain {
  return words.every((word) => /^[\w@%+=:,./-]+$/.test(word)) && !isAssignment(words[0] ?? '')
    ? words.join(' ')
    : [...words];
}

const isAssignment = (text: string): boolean => /^[A-Za-z_]\w*=/.test(text);

function outsideQuotes(text: string): string {
  return text.replaceAll(/'[^']*'|"(?:[^"\\]|\\.)*"|\\./g, '').replaceAll(/\$\{[^}]*\}/g, '');
}

export type Prefixed = Readonly<{ environment: Readonly<Record<string, string>>; command: string }>;

const oneAssignment = /^([A-Za-z_]\w*)=("[^"$`\\]*"|'[^']*'|[^\s"'$`\\|&;<>(){}*?~]*)(?:\s+|$)/;

/** `PORT=3000 node web.js`: the variables before a single program, which then can be told apart. */
export function splitPrefix(text: string): Prefixed {
  const environment: Record<string, string> = {};
  let rest = text.trim().replace(/^(?:env|cross-env)\s+(?=[A-Za-z_]\w*=)/, '');
  for (let found = oneAssignment.exec(rest); found !== null; found = oneAssignment.exec(rest)) {
    environment[found[1] ?? ''] = (found[2] ?? '').replace(/^(["'])(.*)\1$/s, '$2');
    rest = rest.slice(found[0].length);
  }
  const alone = splitWords(rest);
  const whole = { environment: {}, command: text.trim() };
  if (rest === '' || isAssignment(rest)) return whole;
  // Before `a && b` a prefix belongs to the first program only.
  return alone.shell === 'operator' || alone.unclosed !== null
    ? whole
    : { environment, command: rest };
}
