/**
 * systemd units: a service for each `.service`, template units once for each instance that a unit
 * of the set wants, drop-ins laid over their unit, timers kept.
 *
 * Sources: systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.syntax(7). `After=` alone
 * orders and does not require, so it becomes an optional dependency.
 */
import type { Spot } from '../source/node.ts';
import {
  StackDraft,
  type Directives,
  type Draft,
  type Foreign,
  type ServiceDraft,
} from './draft.ts';
import { cronOf } from './on-calendar.ts';
import { directivesOf, readSections, type Section } from './read-sections.ts';
import { settlePorts } from './settle-ports.ts';
import { setCommand } from './systemd-command.ts';
import { expandSpecifiers, splitValue, listOfDirective } from './systemd-words.ts';

export type Unit = Readonly<{
  /** `api.service`, `worker@1.service`. */
  name: string;
  sections: readonly Section[];
  instance: string;
  spot: Spot;
}>;

export function readSystemd(foreign: Foreign): Draft {
  const stack = new StackDraft('systemd');
  const units = unitsOf(foreign);
  const instances = units.flatMap((unit) => instancesOf(unit, units));
  const services = instances.filter(({ name }) => name.endsWith('.service'));
  const names = new Map(services.map(({ name }) => [name, shortName(name)]));
  for (const unit of services) addService(stack, unit, { names, foreign });
  for (const unit of instances)
    if (!unit.name.endsWith('.service')) keepUnit(stack, unit, setSchedule(stack, unit, names));
  settlePorts(stack.services);
  return stack.done();
}

/** Drop-ins (`api.service.d/10-x.conf`) come after their unit, in order of their names. */
function unitsOf({ files, sink }: Foreign): readonly Unit[] {
  const units = new Map<string, { -readonly [Key in keyof Unit]: Unit[Key] }>();
  for (const source of files) {
    const path = source.path.split('/');
    const isDropIn =
      path.at(-2)?.endsWith('.d') === true && path.at(-1)?.endsWith('.conf') === true;
    const name = isDropIn ? path.at(-2)!.slice(0, -2) : path.at(-1)!;
    const { sections, head } = readSections(source, 'systemd', sink);
    const [first, ...rest] = sections;
    const own =
      first === undefined ? [] : [{ ...first, comments: [...head, ...first.comments] }, ...rest];
    const known = units.get(name);
    if (known === undefined)
      units.set(name, {
        name,
        sections: own,
        instance: '',
        spot: { source, offset: 0, length: 1 },
      });
    else known.sections = [...known.sections, ...own];
  }
  return [...units.values()];
}

/** A template stands for the instances that others of the set want, or that are told by its name. */
function instancesOf(unit: Unit, all: readonly Unit[]): readonly Unit[] {
  const [, stem, ending] = /^(.+)@(\.\w+)$/.exec(unit.name) ?? [];
  const own = /^.+@(.+)\.\w+$/.exec(unit.name)?.[1] ?? '';
  if (stem === undefined || ending === undefined) return [{ ...unit, instance: own }];
  const wanted = new Set<string>();
  for (const { sections } of all)
    for (const key of ['Wants', 'Requires', 'Upholds', 'BindsTo'])
      for (const name of listOfDirective(sections, 'Unit', key))
        if (name.startsWith(`${stem}@`) && name.endsWith(ending) && name !== unit.name)
          wanted.add(name.slice(stem.length + 1, -ending.length));
  const [fallback = '1'] = listOfDirective(unit.sections, 'Install', 'DefaultInstance');
  return [...(wanted.size > 0 ? wanted : [fallback])].map((instance) => ({
    ...unit,
    name: `${stem}@${instance}${ending}`,
    instance,
  }));
}

const shortName = (unit: string): string => unit.replace(/\.service$/, '').replace('@', '-');

type Around = Readonly<{ names: ReadonlyMap<string, string>; foreign: Foreign }>;

function addService(stack: StackDraft, unit: Unit, { names, foreign }: Around): void {
  const service = stack.add(shortName(unit.name), null);
  const expand = (text: string) => expandSpecifiers(text, unit, foreign);
  const part = (name: string) =>
    directivesOf(
      unit.sections
        .filter((section) => section.name === name)
        .flatMap(({ entries }) =>
          entries.map((entry) => ({ ...entry, value: expand(entry.value) })),
        ),
      'systemd',
    );
  const [head, body] = [part('Unit'), part('Service')];
  service.comments.push(...unit.sections.flatMap(({ comments }) => comments));
  const description = head.text('Description');
  if (description !== undefined) service.comments.unshift(description);
  setCommand(service, body);
  setSurroundings(service, body, foreign);
  setDependencies(service, head, names);
  setRestart(service, body, head);
  setLimits(service, body);
  if (!unit.sections.some(({ name }) => name === 'Service'))
    service.change('Service', 'the unit has no [Service] section: nothing to run', unit.spot);
  head.keepRest(service, 'Unit.');
  body.keepRest(service, 'Service.');
  for (const name of new Set(unit.sections.map((section) => section.name)))
    if (name !== 'Unit' && name !== 'Service') part(name).keepRest(service, `${name}.`);
}

function setSurroundings(service: ServiceDraft, body: Directives, foreign: Foreign): void {
  const dir = body.text('WorkingDirectory');
  if (dir !== undefined && dir !== '')
    service.set('working_dir', dir.replace(/^-/, '').replace(/^~$/, foreign.machine.home));
  const pairs = splitValue(body.take('Environment')).map((pair) => {
    const at = pair.indexOf('=');
    return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  service.set('environment', Object.fromEntries(pairs) as Record<string, string>);
  const passed = splitValue(body.take('PassEnvironment'));
  if (passed.length > 0)
    service.set('environment', {
      ...Object.fromEntries(passed.map((name) => [name, null])),
      ...Object.fromEntries(pairs),
    });
  const files = [body.take('EnvironmentFile') ?? []].flat().map(String);
  service.set(
    'env_file',
    files
      .filter((file) => file !== '')
      .map((file) => (file.startsWith('-') ? { path: file.slice(1), required: false } : file)),
  );
}

function setDependencies(
  service: ServiceDraft,
  head: Directives,
  names: ReadonlyMap<string, string>,
): void {
  const wishes: Record<string, { condition: string; required: boolean }> = {};
  for (const [key, required] of [
    ['After', false],
    ['Wants', false],
    ['Requires', true],
    ['Requisite', true],
    ['BindsTo', true],
  ] as const) {
    const spot = head.spot(key);
    const outside: string[] = [];
    for (const unit of splitValue(head.take(key))) {
      const name = names.get(unit.includes('.') ? unit : `${unit}.service`);
      if (name === undefined) outside.push(unit);
      else if (name !== service.name)
        wishes[name] = {
          condition: 'service_started',
          required: required || wishes[name]?.required === true,
        };
    }
    if (outside.length > 0)
      service.keep(`Unit.${key}`, outside.join(' '), spot, `${outside.join(' ')}: not of this set`);
  }
  service.set('depends_on', wishes);
}

const modes: Readonly<Record<string, string>> = {
  no: 'no',
  always: 'always',
  'on-failure': 'on-failure',
  'on-abnormal': 'on-failure',
  'on-abort': 'on-failure',
  'on-watchdog': 'on-failure',
  'on-success': 'always',
};

function setRestart(service: ServiceDraft, body: Directives, head: Directives): void {
  const spot = body.spot('Restart');
  const said = body.text('Restart') ?? 'no';
  const mode = modes[said] ?? 'on-failure';
  const isJob = service.get('restart') === 'no';
  // `no` would make a job of it, which is done when it ended.
  service.set('restart', said === 'no' && !isJob ? 'on-failure' : mode);
  if (said === 'no' && !isJob)
    service.change('Restart', 'restarted here when it fails; `restart: "no"` would make it a job');
  if (said !== mode) service.change('Restart', `\`${said}\` is \`${mode}\` here`, spot);
  const [delay, count, window] = [
    body.parsed('RestartSec', duration),
    body.number('StartLimitBurst') ?? head.number('StartLimitBurst'),
    [body, head]
      .flatMap((part) =>
        ['StartLimitIntervalSec', 'StartLimitInterval'].map((key) => part.parsed(key, duration)),
      )
      .find((found) => found !== undefined),
  ];
  const policy = {
    ...(delay === undefined ? {} : { delay }),
    ...(count === undefined ? {} : { max_attempts: count }),
    ...(window === undefined ? {} : { window }),
  };
  if (Object.keys(policy).length > 0) service.set('deploy', { restart_policy: policy });
  const grace = body.parsed('TimeoutStopSec', duration);
  if (grace !== undefined) service.set('stop_grace_period', grace);
  const signal = body.text('KillSignal');
  if (signal !== undefined) service.set('stop_signal', signal);
}

function setLimits(service: ServiceDraft, body: Directives): void {
  const memory = body.parsed('MemoryMax', sizeOf) ?? body.parsed('MemoryLimit', sizeOf);
  if (memory !== undefined) service.set('mem_limit', memory);
  const cores = body.parsed('CPUQuota', (text) =>
    /^\d+(?:\.\d+)?%$/.test(text) ? Number.parseFloat(text) / 100 : null,
  );
  if (cores !== undefined) service.set('cpus', cores);
  const tasks = body.number('TasksMax');
  if (tasks !== undefined) service.set('pids_limit', tasks);
  const bound = (text: string) =>
    Number.parseInt(text, 10) > 0 ? Number.parseInt(text, 10) : null;
  const [nofile, nproc] = [body.parsed('LimitNOFILE', bound), body.parsed('LimitNPROC', bound)];
  service.set('ulimits', {
    ...(nofile === undefined ? {} : { nofile }),
    ...(nproc === undefined ? {} : { nproc }),
  });
}

function sizeOf(text: string): string | null {
  const [, count, unit] = /^(\d+)([KMGT]?)$/.exec(text) ?? [];
  return count === undefined ? null : `${count}${(unit || 'b').toLowerCase()}`;
}

const units: Readonly<Record<string, string>> = {
  us: 'us',
  ms: 'ms',
  msec: 'ms',
  s: 's',
  sec: 's',
  second: 's',
  seconds: 's',
  m: 'm',
  min: 'm',
  minute: 'm',
  minutes: 'm',
  h: 'h',
  hr: 'h',
  hour: 'h',
  hours: 'h',
};

/** `1min 30s` to `1m30s`; null: none, or without end. */
function duration(text: string): string | null {
  if (text === 'infinity' || /^0+\s*[a-z]*$/.test(text)) return null;
  if (/^\d+(\.\d+)?$/.test(text)) return `${text}s`;
  const parts = [...text.matchAll(/(\d+)\s*([a-z]+)/g)];
  return parts.map(([, count = '', unit = '']) => count + (units[unit] ?? 's')).join('') || null;
}

/** false: it is no timer, or one whose times cron has no words for. */
function setSchedule(
  stack: StackDraft,
  { name, sections, spot }: Unit,
  names: ReadonlyMap<string, string>,
): boolean {
  if (!name.endsWith('.timer')) return false;
  const entries = sections.filter((one) => one.name === 'Timer').flatMap((one) => one.entries);
  const timer = directivesOf(entries, 'systemd');
  const target = names.get(timer.text('Unit') ?? name.replace(/timer$/, 'service'));
  const service = stack.services.find((one) => one.name === target);
  const cron = timer.parsed('OnCalendar', cronOf);
  if (service === undefined || cron === undefined) return false;
  const missed = timer.text('Persistent') === 'true' ? 'once' : 'skip';
  const jitter = timer.parsed('RandomizedDelaySec', duration);
  service.set('schedule', { cron, missed, ...(jitter === undefined ? {} : { jitter }) });
  service.change('schedule', `${name} runs it: \`${cron}\` by the clocks of this machine`, spot);
  return true;
}

/** `isKnown`: a service says what it means, and it is kept for an export only. */
function keepUnit(stack: StackDraft, unit: Unit, isKnown: boolean): void {
  stack.comments.push(...unit.sections.flatMap(({ comments }) => comments));
  const content = Object.fromEntries(
    unit.sections.map(({ name, entries }) => [
      name,
      Object.fromEntries(entries.map(({ key, value }) => [key, value])),
    ]),
  );
  if (isKnown) stack.hold(unit.name, content);
  else stack.keep(unit.name, content, unit.spot);
}
