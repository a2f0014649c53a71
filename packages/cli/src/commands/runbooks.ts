/** `fettle runbooks`: what may be done about what; reads files, so it works with no daemon, too. */
import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { LoadedRunbooks } from '@fettle/controller/loop/load-runbooks';
import type { Runbook } from '@fettle/core/loop/plan/runbook';
import { problemsDocument } from '@fettle/config/problem/render';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { RunWish } from '@fettle/sdk/healing-client';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { reach } from '../reach.ts';
import {
  renderDryRun,
  renderRunbook,
  renderRunbooks,
  renderWays,
} from '../render/runbooks-text.ts';
import { commandLine, isJson, usageError, type Session } from '../session.ts';
import { nearestWord } from '../suggestion.ts';
import { plural } from '../terminal/amount.ts';
import { tellProblems } from '../up/load-config.ts';

const verbs = ['list', 'show', 'validate', 'test', 'run', 'schema'];
const forms = /\.(ya?ml|json)$/;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[verb]', `${verbs.join(', ')}; list unless told`)
      .argument('[words...]', 'a name (show, test, run) or files (validate)')
      .option('--target <service>', 'run: on what')
      .option('--diagnosis <class>', 'run: as if this were the cause')
      .option('--param <name=value...>', 'run: what the diagnosis would know')
      .option('--dry-run', 'run: say which way it would go now, do nothing');
  },
  async run(session, input) {
    switch (input.args[0] ?? 'list') {
      case 'list':
        return list(session);
      case 'show':
        return show(session, input);
      case 'validate':
        return validate(session, input);
      case 'test':
        return test(session, input);
      case 'run':
        return runByHand(session, input);
      case 'schema':
        return schema(session);
      default:
        throw usageError(
          `runbooks ${input.args[0]} is not a command`,
          `one of: ${verbs.join(', ')}`,
        );
    }
  },
};

/** The reader with its YAML is much code: it is loaded only here. */
const reader = () => import('@fettle/controller/loop/load-runbooks');
const documents = () => import('@fettle/controller/loop/runbook-documents');

async function load(session: Session): Promise<LoadedRunbooks> {
  const { stackDir } = session.paths;
  return (await reader()).loadRunbooks({ dir: stackDir, cwd: stackDir });
}

async function list(session: Session): Promise<number> {
  const { runbooks, problems } = await load(session);
  const { runbookRow, problemRow } = await documents();
  const document = {
    schema: 'fettle.runbooks/v1',
    runbooks: runbooks.map(runbookRow),
    problems: problems.map(problemRow),
  } as const;
  await emit(session, document, (look) => renderRunbooks(document, look));
  if (problems.length > 0) {
    session.output.say(`${plural(problems.length, 'problem')}: the files are not used`);
    sayNext(session, [commandLine(session, 'runbooks validate')]);
  }
  return exitCodes.ok;
}

async function show(session: Session, input: CommandInput): Promise<number> {
  const runbook = await named(session, input);
  const { runbookDetail } = await documents();
  const detail = runbookDetail(runbook);
  const document = { schema: 'fettle.runbook/v1', runbook: detail } as const;
  await emit(session, document, (look) => renderRunbook(detail, look));
  return exitCodes.ok;
}

/** Without files: those beside the config. */
async function validate(session: Session, input: CommandInput): Promise<number> {
  const given = input.args.slice(1).map((file) => (isAbsolute(file) ? file : resolve(file)));
  const files = given.length > 0 ? given : ownFiles(session);
  const { readRunbookFiles } = await reader();
  const { runbooks, problems } = readRunbookFiles(files, process.cwd());
  if (session.flags.format === 'github') {
    const { renderGithub } = await import('@fettle/config/problem/render');
    for (const one of problems) session.output.print(`${renderGithub(one)}\n`);
  } else {
    tellProblems(session.output, problems);
    await emit(session, problemsDocument(problems, []), () =>
      problems.length > 0
        ? ''
        : files.length === 0
          ? `there is no runbook of your own in ${join(session.paths.stackDir, 'runbooks')}\n`
          : `${plural(runbooks.length, 'runbook')} fine: ${runbooks.map(({ name }) => name).join(', ')}\n`,
    );
  }
  if (problems.length > 0) session.output.say(`${plural(problems.length, 'problem')} found`);
  return problems.length > 0 ? exitCodes.usage : exitCodes.ok;
}

function ownFiles(session: Session): readonly string[] {
  const folder = join(session.paths.stackDir, 'runbooks');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => forms.test(name) && !name.startsWith('.'))
    .toSorted()
    .map((name) => join(folder, name));
}

/** Every way through it on paper. */
async function test(session: Session, input: CommandInput): Promise<number> {
  const runbook = await named(session, input);
  const { waysThrough } = await import('@fettle/core/loop/plan/runbook-ways');
  const ways = waysThrough(runbook);
  const { name, tests } = runbook;
  const document = { schema: 'fettle.runbook-ways/v1', name, ways, drills: tests } as const;
  await emit(session, document, (look) => renderWays(document, look));
  const open = ways.filter(({ end }) => end === 'ends').length;
  if (open > 0)
    session.output.say(`${plural(open, 'way')} end without a proof and without a person`);
  return open > 0 ? exitCodes.notAsAsked : exitCodes.ok;
}

async function runByHand(session: Session, input: CommandInput): Promise<number> {
  const { name } = await named(session, input);
  const wish = wishOf(session, input);
  if (input.options['dryRun'] === true) {
    const document = await reach(session, () => session.client.healing.previewRunbook(name, wish));
    await emit(session, document, (look) => renderDryRun(document, look));
    return exitCodes.ok;
  }
  const document = await reach(session, () => session.client.healing.runRunbook(name, wish));
  await emit(session, document, () => `${name} is taken up for ${wish.target}\n`);
  sayNext(session, [commandLine(session, 'runs --active'), commandLine(session, 'incidents')]);
  return exitCodes.ok;
}

function wishOf(session: Session, { options }: CommandInput): RunWish {
  const { target, diagnosis, param } = options;
  if (typeof target !== 'string')
    throw usageError(
      'runbooks run wants --target',
      commandLine(session, 'runbooks run service-failure --target api --dry-run'),
    );
  const given = Array.isArray(param) ? (param as readonly string[]) : [];
  const params = Object.fromEntries(given.map(paramOf));
  return { target, params, ...(typeof diagnosis === 'string' ? { diagnosis } : {}) };
}

/** `port=5432` is a number, `flag=true` a switch, the rest text. */
function paramOf(text: string): readonly [string, string | number | boolean] {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`--param ${text} is no name=value`, 'write --param port=5432');
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (value === 'true' || value === 'false') return [name, value === 'true'];
  return [name, /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value];
}

async function schema(session: Session): Promise<number> {
  const { runbookJsonSchema } = await import('@fettle/core/loop/plan/reading/runbook-keys');
  const space = isJson(session) ? 0 : 2;
  session.output.print(`${JSON.stringify(runbookJsonSchema(), null, space)}\n`);
  return exitCodes.ok;
}

/** @throws FettleError E-RUNBOOK-UNKNOWN, or E-RUNBOOK-INVALID when its file has problems. */
async function named(session: Session, { args }: CommandInput): Promise<Runbook> {
  const [verb = '', name] = args;
  if (name === undefined)
    throw usageError(`runbooks ${verb} wants a name`, commandLine(session, 'runbooks list'));
  const { runbooks, problems } = await load(session);
  const found = runbooks.find((runbook) => runbook.name === name);
  if (found !== undefined) return found;
  const near = nearestWord(
    name,
    runbooks.map((runbook) => runbook.name),
  );
  if (problems.length > 0 && near === null)
    throw new FettleError('E-RUNBOOK-INVALID', `${name} is not in force: runbooks have problems`, {
      hint: commandLine(session, 'runbooks validate'),
      exitCode: exitCodes.usage,
    });
  const guess = near === null ? '' : `; did you mean ${near}?`;
  throw new FettleError('E-RUNBOOK-UNKNOWN', `there is no runbook ${name}${guess}`, {
    hint: commandLine(session, 'runbooks list'),
    exitCode: exitCodes.usage,
  });
}
