/**
 * supervisord's INI: a service for each `[program:x]`.
 *
 * Source: "Configuration File" of the Supervisor manual: defaults of each directive, `%(name)s`
 * expansions, `autorestart=unexpected` unless told. Commands see no shell there and none here.
 */
import { splitWords } from '../build/command.ts';
import { plainCommand } from './command-text.ts';
import {
  StackDraft,
  variable,
  type Directives,
  type Draft,
  type Foreign,
  type Plain,
  type ServiceDraft,
} from './draft.ts';
import { directivesOf, readSections, type Section } from './read-sections.ts';
import { settlePorts } from './settle-ports.ts';

type Expand = (text: string) => string;

export function readSupervisord(foreign: Foreign): Draft {
  const stack = new StackDraft('supervisord');
  const sections = foreign.files.flatMap((source) => {
    const read = readSections(source, 'ini', foreign.sink);
    stack.comments.push(...read.head);
    return read.sections;
  });
  const groups = groupsOf(sections);
  for (const section of sections) {
    const [kind = '', name] = section.name.split(/:(.*)/s);
    if (kind === 'program' && name !== undefined)
      addProgram(stack, section, { name, group: groups.get(name) ?? null, foreign });
    else if (kind !== 'group' && kind !== 'include') keepSection(stack, section);
    if (kind === 'group') keepGroup(stack, section);
    if (kind !== 'program') stack.comments.push(...section.comments);
  }
  settlePorts(stack.services);
  return stack.done();
}

function groupsOf(sections: readonly Section[]): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const { name, entries } of sections)
    if (name.startsWith('group:'))
      for (const program of valueOf(entries, 'programs').split(','))
        groups.set(program.trim(), name.slice(6));
  return groups;
}

const valueOf = (entries: Section['entries'], key: string): string =>
  entries.findLast((entry) => entry.key.toLowerCase() === key)?.value ?? '';

function keepSection(stack: StackDraft, { name, entries, spot }: Section): void {
  stack.keep(name, Object.fromEntries(entries.map(({ key, value }) => [key, value])), spot);
}

function keepGroup(stack: StackDraft, section: Section): void {
  const rest = section.entries.filter(({ key }) => key.toLowerCase() !== 'programs');
  if (rest.length > 0) keepSection(stack, { ...section, entries: rest });
}

type Named = Readonly<{ name: string; group: string | null; foreign: Foreign }>;

/** Processes that tell themselves apart by `%(process_num)s` become a service each. */
function addProgram(stack: StackDraft, section: Section, named: Named): void {
  const count = Number(valueOf(section.entries, 'numprocs') || 1);
  const first = Number(valueOf(section.entries, 'numprocs_start') || 0);
  const numbered = section.entries.some(
    ({ key, value }) => key !== 'process_name' && value.includes('%(process_num)'),
  );
  if (!numbered || !(count > 1)) {
    fill(stack.add(named.name, section.spot), section, {
      ...named,
      number: first,
      replicas: count,
    });
    return;
  }
  for (let number = first; number < first + Math.min(count, 100); number += 1) {
    const service = stack.add(`${named.name}-${number}`, section.spot);
    if (number === first)
      service.change('numprocs', `${count} processes told apart by their number: a service each`);
    fill(service, section, { ...named, number, replicas: 1 });
  }
}

type Filling = Named & Readonly<{ number: number; replicas: number }>;

function fill(service: ServiceDraft, section: Section, filling: Filling): void {
  const directives = directivesOf(section.entries, 'ini');
  const expand = expander(filling);
  service.comments.push(...section.comments);
  for (const counted of ['numprocs', 'numprocs_start', 'process_name']) directives.take(counted);
  service.set('command', commandOf(directives, expand));
  const directory = directives.text('directory');
  if (directory !== undefined) service.set('working_dir', expand(directory));
  service.set('environment', environmentOf(expand(directives.text('environment') ?? '')));
  setRestart(service, directives);
  setStop(service, directives);
  if (filling.group !== null) service.set('labels', { group: filling.group });
  setReplicas(service, directives, filling.replicas);
  directives.keepRest(service);
}

function commandOf(directives: Directives, expand: Expand): Plain | undefined {
  const text = directives.text('command');
  if (text === undefined) return undefined;
  const { words, unclosed } = splitWords(expand(text));
  return unclosed === null ? plainCommand(words) : text;
}

function setRestart(service: ServiceDraft, directives: Directives): void {
  const spot = directives.spot('autorestart');
  const said = (directives.text('autorestart') ?? 'unexpected').toLowerCase();
  const modes: Readonly<Record<string, string>> = { true: 'always', false: 'no' };
  service.set('restart', modes[said] ?? 'on-failure');
  if (said === 'false')
    service.change('autorestart', 'never restarted: a job here, fine when it ends with 0', spot);
  if (directives.flag('autostart') === false) {
    service.set('profiles', ['manual']);
    service.change('autostart', 'runs with `--profile manual` only');
  }
}

function setReplicas(service: ServiceDraft, directives: Directives, replicas: number): void {
  const retries = directives.number('startretries');
  service.set('deploy', {
    ...(replicas > 1 ? { replicas } : {}),
    ...(retries === undefined ? {} : { restart_policy: { max_attempts: retries } }),
  });
}

function setStop(service: ServiceDraft, directives: Directives): void {
  const signal = directives.text('stopsignal');
  if (signal !== undefined) service.set('stop_signal', `SIG${signal.replace(/^SIG/i, '')}`);
  const seconds = directives.number('stopwaitsecs');
  if (seconds !== undefined) service.set('stop_grace_period', `${seconds}s`);
  // Fettle always asks the group and keeps both streams.
  for (const implied of ['stopasgroup', 'killasgroup', 'redirect_stderr']) {
    const value = directives.flag(implied);
    if (value === false) service.keep(implied, value, directives.spot(implied));
  }
}

/** `KEY="a,b",OTHER=c`, over several lines. */
function environmentOf(text: string): Readonly<Record<string, string>> {
  const pair = /([A-Za-z_]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^,\n]*)/g;
  return Object.fromEntries(
    [...text.matchAll(pair)].map(([, name = '', value = '']) => [
      name,
      value.trim().replace(/^(["'])(.*)\1$/s, '$2'),
    ]),
  );
}

/** `%(ENV_X)s` is a variable of the shell that started supervisord. */
function expander({ name, number, group, foreign }: Filling): Expand {
  const here = foreign.files[0]?.baseDir ?? '.';
  const words: Readonly<Record<string, string>> = {
    program_name: name,
    group_name: group ?? name,
    host_node_name: foreign.machine.hostname,
    here,
    process_num: String(number),
    numprocs: '1',
  };
  return (text) =>
    text
      .replaceAll(
        /%\((\w+)\)(0?)(\d*)([sd])/g,
        (whole, key: string, zero: string, width: string) => {
          if (key.startsWith('ENV_')) return variable(key.slice(4));
          return words[key]?.padStart(Number(width || 0), zero === '0' ? '0' : ' ') ?? whole;
        },
      )
      .replaceAll('%%', '%');
}
