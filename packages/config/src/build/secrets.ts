/**
 * Where the top `secrets` and `configs` come from, and how a service is given them. A value is
 * taken at most once in a load, and only where the stack is about to be used (`up`, `run`,
 * `diff`): whoever only looks at a config runs nothing of it, and needs no secret to check it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { GivenSecret } from '@fettle/core/stack/given-secret';
import type { Grant, SourceWish } from '../keys/file-keys.ts';
import type { ServiceFields } from '../keys/service-keys.ts';
import { redactText } from '../redact.ts';
import { joinCommand } from './command.ts';
import type { BuildContext } from './context.ts';

const commandMs = 10_000;
const maxBytes = 262_144;
/** What stands for a value that was not asked for. */
const notAsked = '***';

export function givenSecrets(
  fields: ServiceFields,
  service: string,
  context: BuildContext,
): readonly GivenSecret[] {
  const of = (key: 'configs' | 'secrets') =>
    (fields[key]?.value ?? []).flatMap((grant) => give(grant, { key, service, context }));
  return [...of('configs'), ...of('secrets')];
}

/** The variables that these need: the values themselves, and where the files are. */
export function givenVariables(given: readonly GivenSecret[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const one of given) {
    if (one.env !== null) found[one.env] = one.secretText ?? '';
    else if (one.path !== null) found[`${variable(one.name)}_FILE`] = one.path;
  }
  return found;
}

/** `db-password` to `DB_PASSWORD`. */
function variable(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

type Giving = Readonly<{ key: 'configs' | 'secrets'; service: string; context: BuildContext }>;

function give(grant: Grant, { key, service, context }: Giving): readonly GivenSecret[] {
  const source = context.sources.get(`${key}/${grant.name}`);
  if (source === undefined) return [];
  const isFile = source.kind === 'file';
  // A file that is there is read where it is, unless something else is asked for.
  if (isFile && grant.env === null && grant.path === null) return [];
  const own = join(context.dir, '.fettle', key, service, grant.name.replace(/[^\w.-]/g, '_'));
  const path =
    grant.path !== null
      ? resolve(grant.spot.source.baseDir, grant.path)
      : grant.env === null
        ? own
        : null;
  const needsText = grant.env !== null || !isFile;
  return [
    {
      name: grant.name,
      secret: key === 'secrets',
      env: grant.env,
      path,
      mode: grant.mode ?? (key === 'secrets' ? 0o600 : 0o644),
      from: isFile && path !== null ? resolve(source.node.spot.source.baseDir, source.path) : null,
      secretText: needsText ? valueOf(grant.name, source, { key, service, context }) : null,
    },
  ];
}

function valueOf(name: string, source: SourceWish, { key, context }: Giving): string {
  const known = context.values.get(`${key}/${name}`);
  if (known !== undefined) return known;
  const found = context.runsCommands
    ? read(name, source, `${key}.${name}`, context)
    : source.kind === 'content'
      ? source.text
      : notAsked;
  context.values.set(`${key}/${name}`, found);
  return found;
}

function read(name: string, source: SourceWish, path: string, context: BuildContext): string {
  const refuse = (what: string, hint: string): string => {
    const message = `\`${name}\` cannot be had: ${what}`;
    context.sink.add({ code: 'E-CONFIG-SECRET', spot: source.node.spot, path, message, hint });
    return '';
  };
  switch (source.kind) {
    case 'content':
      return source.text;
    case 'environment':
      return (
        context.lookup(source.variable) ??
        refuse(
          `the variable ${source.variable} is not set`,
          `Set it in your shell or in .env: ${source.variable}=…`,
        )
      );
    case 'file':
      try {
        return withoutEnd(
          readFileSync(resolve(source.node.spot.source.baseDir, source.path), 'utf8'),
        );
      } catch {
        return refuse(`${source.path} cannot be read`, 'Create the file, or correct its path.');
      }
    case 'command':
      return ask(source, context, refuse);
    default:
      return source satisfies never;
  }
}

type CommandSource = Extract<SourceWish, { kind: 'command' }>;

function ask(
  { command }: CommandSource,
  { dir }: BuildContext,
  refuse: (what: string, hint: string) => string,
): string {
  const result = joinCommand(null, command);
  if (result.kind === 'fault') return refuse(`its command ${result.message}`, result.hint);
  const [file = '', ...words] = result.argv;
  try {
    const answer = execFileSync(file, words, {
      cwd: dir,
      encoding: 'utf8',
      timeout: commandMs,
      maxBuffer: maxBytes,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const value = withoutEnd(answer);
    return value === ''
      ? refuse('its command printed nothing', 'Print the value to stdout.')
      : value;
  } catch (cause) {
    return refuse(`its command ${howItFailed(cause)}`, 'Try the command in a terminal.');
  }
}

function howItFailed(cause: unknown): string {
  const { code, status, stderr } = cause as Readonly<{
    code?: string;
    status?: number | null;
    stderr?: string;
  }>;
  if (code === 'ETIMEDOUT') return `did not answer within ${commandMs / 1_000} s`;
  if (typeof status !== 'number') return `cannot be run: ${code ?? 'unknown'}`;
  const said = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  return `ended with exit ${status}${said === '' ? '' : `: ${redactText(said.slice(0, 120))}`}`;
}

/** Files and commands end with a newline that is no part of a password. */
function withoutEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}
