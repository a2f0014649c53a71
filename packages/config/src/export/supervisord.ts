/** A stack as supervisord's INI. */
import { isMap, type Draft, type Plain } from '../import/draft.ts';
import { Telling, secondsOf, shellWord, type Exported } from './exported.ts';
import { literalDraft } from './read-own.ts';
import { supervisordVariables } from './shell-variables.ts';

export function exportSupervisord(stack: Draft): Exported {
  const draft = literalDraft(stack);
  const lost: { service: string; key: string }[] = [];
  const groups = new Map<string, string[]>();
  const parts = draft.services.map((service) => {
    const telling = new Telling(service, lost);
    const group = telling.keys.map('labels')?.['group'];
    if (typeof group === 'string') groups.set(group, [...(groups.get(group) ?? []), service.name]);
    return programOf(telling);
  });
  const kept = { ...draft.kept } as Record<string, Plain>;
  for (const [group, programs] of groups) {
    const more = kept[`group:${group}`];
    kept[`group:${group}`] = { programs: programs.join(','), ...(isMap(more) ? more : {}) };
  }
  const sections = Object.entries(kept).map(([name, body]) =>
    section(name, isMap(body) ? Object.entries(body) : []),
  );
  const head = draft.comments.map((text) => `; ${text}`.trimEnd()).join('\n');
  const all = [...(head === '' ? [] : [`${head}\n`]), ...sections, ...parts];
  return { files: [{ name: 'supervisord.conf', text: all.join('\n') }], lost };
}

type Line = readonly [string, Plain];

function section(name: string, lines: readonly Line[]): string {
  return `[${name}]\n${lines.map(([key, value]) => `${key}=${String(value)}\n`).join('')}`;
}

function programOf(telling: Telling): string {
  const { service, keys } = telling;
  const words = telling.words().map((word) => supervisordVariables(shellWord(word)));
  const lines: Line[] = [['command', words.join(' ')]];
  const dir = keys.text('working_dir');
  if (dir !== undefined) lines.push(['directory', supervisordVariables(dir)]);
  const port = telling.port();
  const env = { ...(port === null ? {} : { PORT: port }), ...telling.environment() };
  const pairs = Object.entries(env).map(([name, value]) =>
    value === null
      ? `${name}="%(ENV_${name})s"`
      : `${name}="${supervisordVariables(String(value))}"`,
  );
  if (pairs.length > 0) lines.push(['environment', pairs.join(',')]);
  lines.push(...restartLines(telling));
  const grace = secondsOf(keys.take('stop_grace_period'));
  if (grace !== null) lines.push(['stopwaitsecs', Math.ceil(grace)]);
  const signal = keys.text('stop_signal');
  if (signal !== undefined) lines.push(['stopsignal', signal.replace(/^SIG/, '')]);
  telling.finish();
  const comments = service.comments.map((text) => `; ${text}\n`).join('');
  return comments + section(`program:${service.name}`, [...lines, ...Object.entries(service.kept)]);
}

function restartLines(telling: Telling): readonly Line[] {
  const { replicas, policy } = telling.deploy();
  const said = telling.keys.text('restart') ?? 'always';
  const mode = said === 'no' || said === 'false' ? 'false' : 'true';
  const { max_attempts: attempts, ...rest } = policy;
  for (const key of Object.keys(rest)) telling.lose(`deploy.restart_policy.${key}`);
  const profiles = [telling.keys.take('profiles') ?? []].flat();
  return [
    ['autorestart', said.startsWith('on-failure') ? 'unexpected' : mode],
    ...(profiles.length > 0 ? ([['autostart', 'false']] as const) : []),
    ...(attempts === undefined ? [] : ([['startretries', attempts]] as const)),
    ...(replicas === 1
      ? []
      : ([
          ['numprocs', replicas],
          ['process_name', '%(program_name)s_%(process_num)02d'],
        ] as const)),
  ];
}
