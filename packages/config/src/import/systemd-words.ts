/** Words of systemd's syntax: quoting, lists over several lines, `%` specifiers. */
import type { Foreign, Plain } from './draft.ts';
import type { Section } from './read-sections.ts';

/** Words of one value or of several; quotes group, and vanish. Source: systemd.syntax(7). */
export function splitValue(value: Plain | undefined): readonly string[] {
  return [value ?? []].flat().flatMap((one) => splitLine(String(one)));
}

function splitLine(text: string): readonly string[] {
  const words: string[] = [];
  const word = /(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|((?:[^\s"'\\]|\\.)+))+(?=\s|$)/gs;
  for (const [whole] of text.matchAll(word)) words.push(unquoted(whole));
  return words;
}

function unquoted(word: string): string {
  return word
    .replaceAll(
      /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/gs,
      (_, double?: string, single?: string) => double ?? single ?? '',
    )
    .replaceAll(/\\(["'\\ ])/g, '$1');
}

/** All words of a directive, wherever the unit says it. */
export function listOfDirective(
  sections: readonly Section[],
  section: string,
  key: string,
): readonly string[] {
  return sections
    .filter(({ name }) => name === section)
    .flatMap(({ entries }) => entries.filter((entry) => entry.key === key))
    .flatMap(({ value }) => splitLine(value));
}

type Named = Readonly<{ name: string; instance: string }>;

/** `%i`, `%n` and the others that can be known here; the rest stays as it is. systemd.unit(5). */
export function expandSpecifiers(text: string, unit: Named, { machine, files }: Foreign): string {
  const stem = unit.name.replace(/\.\w+$/, '');
  const prefix = stem.split('@')[0] ?? stem;
  const words: Readonly<Record<string, string>> = {
    n: unit.name,
    N: stem,
    p: prefix,
    P: prefix,
    i: unit.instance,
    I: unit.instance,
    j: prefix.split('-').at(-1) ?? prefix,
    H: machine.hostname,
    l: machine.hostname.split('.')[0] ?? machine.hostname,
    h: machine.home,
    u: machine.user,
    Y: files[0]?.baseDir ?? '',
    T: '/tmp',
    V: '/var/tmp',
    t: '/run',
    S: '/var/lib',
    C: '/var/cache',
    L: '/var/log',
    E: '/etc',
    '%': '%',
  };
  return text.replaceAll(/%([A-Za-z%])/g, (whole, letter: string) => words[letter] ?? whole);
}
