/** The voice of "why": short, plain, never longer than a line. Source: UX, "How the terminal answers". */
import { formatDuration } from '@fettle/sdk/duration';
import type { PortOwner } from '../../stack/port.ts';

export const sentenceLimit = 160;

/** Cuts prose at its end. */
export function clip(text: string, limit: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length <= limit ? flat : `${flat.slice(0, limit - 1).trimEnd()}…`;
}

/** Cuts a path or a command in its middle, where the least is told. */
export function clipMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (limit - 1 - head))}`;
}

/** `pid 4121 (node server.js, not ours)`. */
export function ownerWords(owner: PortOwner): string {
  const command = owner.command === null ? null : clipMiddle(shortCommand(owner.command), 60);
  const whose = {
    ours: owner.instance ?? 'ours',
    orphan: 'left over from an earlier run',
    foreign: 'not ours',
    unknown: 'owner not readable',
  }[owner.kind];
  const inside = [command, whose].filter((part) => part !== null && part !== '').join(', ');
  return owner.pid === null ? `another process (${inside})` : `pid ${owner.pid} (${inside})`;
}

/** The program without its folder; where that is still long, so are the other paths. */
function shortCommand(command: string): string {
  const named = command.replace(/^\/\S*\/(?=[^/\s]+(?:\s|$))/, '');
  return named.length <= 60 ? named : named.replace(/(?<=\s)\/\S*\/(?=[^/\s])/g, '');
}

/** Adds a clause only when the whole still fits in a line. */
export function withClause(sentence: string, clause: string | null): string {
  if (clause === null) return sentence;
  const longer = `${sentence}; ${clause}`;
  return longer.length <= sentenceLimit ? longer : sentence;
}

export function howLong(durationMs: number): string {
  return formatDuration(Math.max(0, durationMs)).replace(/^(\d+)\.0s$/, '$1s');
}

/** `api/server.js` of a long absolute path. */
export function shortPath(path: string): string {
  const plain = path.replace(/^file:\/\//, '');
  return plain.length <= 48 ? plain : `…/${plain.split('/').slice(-2).join('/')}`;
}
