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
  const lines = commandsOf(service, body, 'ExecStart');
  const [first, ...more] = lines;
  if (first !== undefined && more.length === 0) service.set('command', first.shelled);
  else if (lines.length > 0)
    service.set('command', ['/bin/sh', '-c', lines.map(({ line }) => line).join(' && ')]);
  setHooks(service, body);
  if (type === 'oneshot') {
    service.set('restart', 'no');
    if (body.flag('RemainAfterExit') === true)
      service.change('RemainAfterExit', 'a job that ended with 0 counts as done here');
  }
  if (type === 'notify' || type === 'notify-reload') setNotify(service, body);
  if (type === 'dbus' || type === 'forking')
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

function commandsOf(service: ServiceDraft, body: Directives, key: string): readonly Command[] {
  return [body.take(key) ?? []]
    .flat()
    .map((line) => commandOf(String(line), service))
    .filter(({ words }) => words.length > 0);
}

/** What runs around the service; `-` in front forgives a failure. */
function setHooks(service: ServiceDraft, body: Directives): void {
  const hooks: Record<string, Plain> = {};
  for (const [key, hook] of execHooks) {
    const wishes = commandsOf(service, body, key).map(({ command, isForgiven }) =>
      isForgiven ? { command, on_failure: 'ignore' } : { command },
    );
    if (wishes.length > 0) hooks[hook] = wishes;
  }
  service.set('hooks', hooks);
}

export const execHooks = [
  ['ExecStartPre', 'before_start'],
  ['ExecStartPost', 'after_start'],
  ['ExecStop', 'before_stop'],
  ['ExecStopPost', 'after_stop'],
] as const;

/** READY=1 on NOTIFY_SOCKET, and WATCHDOG=1 where it is wanted. */
function setNotify(service: ServiceDraft, body: Directives): void {
  const watchdog = body.parsed('WatchdogSec', (text) =>
    /^\d+(?:\.\d+)?$/.test(text) ? `${text}s` : /^\d+(?:ms|s|m|h)$/.test(text) ? text : null,
  );
  service.set('health', { notify: true, ...(watchdog === undefined ? {} : { watchdog }) });
}

type Command = Readonly<{
  words: readonly string[];
  command: Plain;
  /** The same, its failure forgiven where the unit says so. */
  shelled: Plain;
  line: string;
  isForgiven: boolean;
}>;

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
  const command =
    usesVariable && !ownShell ? shellCommand(plain) : plainCommand(words.map(undoubled));
  const shelled = isForgiven ? ['/bin/sh', '-c', line] : command;
  return { words, command, shelled, line, isForgiven };
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
