/**
 * What a unit runs. systemd splits words itself and replaces `$NAME` from the unit's environment; a
 * oneshot may have several commands, one after the other.
 *
 * Source: systemd.service(5), "COMMAND LINES".
 */
import { plainCommand, shellCommand } from './command-text.ts';
import type { Directives, Plain, ServiceDraft } from './draft.ts';
import { splitValue } from './systemd-words.ts';

export function setCommand(service: ServiceDraft, body: Directives): void {
  const spot = body.spot('Type');
  const type = body.text('Type') ?? 'simple';
  const lines = [body.take('ExecStart') ?? []]
    .flat()
    .map((line) => commandOf(String(line), service))
    .filter(({ words }) => words.length > 0);
  const [first, ...more] = lines;
  if (first !== undefined && more.length === 0) service.set('command', first.command);
  else if (lines.length > 0)
    service.set('command', ['/bin/sh', '-c', lines.map(({ line }) => line).join(' && ')]);
  if (type === 'oneshot') {
    service.set('restart', 'no');
    if (body.flag('RemainAfterExit') === true)
      service.change('RemainAfterExit', 'a job that ended with 0 counts as done here');
  }
  if (['notify', 'notify-reload', 'dbus', 'forking'].includes(type))
    service.keep(
      'Service.Type',
      type,
      spot,
      `Type=${type}: readiness is seen by health checks here`,
    );
  if (type === 'forking')
    service.change(
      'Type',
      'a forking program leaves its first process: run it in the foreground',
      spot,
    );
}

type Command = Readonly<{ words: readonly string[]; command: Plain; line: string }>;

/** The prefixes `@ - : + !` change how it is run; a failure that is forgiven is said. */
function commandOf(text: string, service: ServiceDraft): Command {
  const [, prefix = '', rest = ''] = /^([@:+!|-]*)(.*)$/s.exec(text.trim()) ?? [];
  if (/[+!]/.test(prefix))
    service.change('ExecStart', `\`${prefix}\`: it runs with your own rights here, not more`);
  const all = splitValue(rest);
  const words = prefix.includes('@') ? [...all.slice(0, 1), ...all.slice(2)] : all;
  if (prefix.includes('@'))
    service.change('ExecStart', `it is not told that its name is \`${all[1] ?? ''}\``);
  const isForgiven = prefix.includes('-');
  const plain = words.map(shellWord).join(' ');
  const line = isForgiven ? `{ ${plain} || true; }` : plain;
  const usesVariable = isVariable(rest) && !prefix.includes(':');
  const ownShell = /(?:^|\/)(?:ba|da|z)?sh$/.test(words[0] ?? '');
  if (isForgiven) return { words, command: ['/bin/sh', '-c', line], line };
  const command =
    usesVariable && !ownShell ? shellCommand(line) : plainCommand(words.map(undoubled));
  return { words, command, line };
}

/** `$$` is a dollar sign there. */
const undoubled = (word: string): string => word.replaceAll('$$', '$');
const isVariable = (text: string): boolean => /\$(?:\{|[A-Za-z_])/.test(text.replaceAll('$$', ''));

/** Quoted where a shell would do something with it that systemd does not; variables stay variables. */
function shellWord(word: string): string {
  if (!isVariable(word)) {
    const text = undoubled(word);
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  }
  if (/^[\w@%+=:,./${}-]+$/.test(word) && !word.includes('$$')) return word;
  const safe = word.replaceAll(/["\\`]/g, String.raw`\$&`).replaceAll('$$', String.raw`\$`);
  return `"${safe}"`;
}
