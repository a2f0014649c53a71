/** `fettle config validate|show|schema|diff|export`: the stack's definition as Fettle understands it. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Stack } from '@fettle/core/stack/service';
import { problemsDocument } from '@fettle/config/problem/render';
import { diffStacks } from '@fettle/config/diff-stacks';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { renderDiff } from '../config-diff.ts';
import { emit } from '../emit.ts';
import { isJson, usageError, type Session } from '../session.ts';
import { plural } from '../terminal/amount.ts';
import { checkConfig, loadConfig, tellProblems } from '../up/load-config.ts';

const verbs = ['validate', 'show', 'schema', 'diff', 'export'];

export const command: CommandModule = {
  define(program: Command) {
    program.argument('<verb>', verbs.join(', '));
    program
      .option('--exit-code', 'diff: exit 3 when something differs')
      .option('--to <format>', 'export: compose, procfile, pm2 and the like')
      .option('--out <folder>', 'export: write the files there');
  },
  async run(session, input) {
    switch (input.args[0]) {
      case 'validate':
        return validate(session);
      case 'show':
        return show(session);
      case 'schema':
        return schema(session);
      case 'diff':
        return diff(session, input);
      case 'export':
        return (await import('../init/export-files.ts')).exportFiles(session, input);
      default:
        throw usageError(`config ${input.args[0] ?? ''} is not a command`, verbs.join(', '));
    }
  },
};

async function validate(session: Session): Promise<number> {
  const { problems, warnings, lost, stack } = checkConfig(session);
  if (session.flags.format === 'github') {
    const { renderGithub } = await import('@fettle/config/problem/render');
    for (const one of [...problems, ...warnings]) session.output.print(`${renderGithub(one)}\n`);
  } else {
    tellProblems(session.output, [...problems, ...warnings], lost);
    await emit(session, problemsDocument(problems, warnings), () =>
      stack === null ? '' : `${stack.name} is fine: ${plural(stack.services.length, 'service')}\n`,
    );
  }
  if (stack === null) session.output.say(`${plural(problems.length + lost, 'problem')} found`);
  return stack === null ? exitCodes.usage : exitCodes.ok;
}

async function show(session: Session): Promise<number> {
  const stack = loadConfig(session);
  const { showStack, stackDocument } = await import('@fettle/config/show-stack');
  const document = { schema: 'fettle.config/v1', config: stackDocument(stack) };
  await emit(session, document, () => showStack(stack));
  return exitCodes.ok;
}

async function schema(session: Session): Promise<number> {
  const { configJsonSchema } = await import('@fettle/config/json-schema');
  session.output.print(`${JSON.stringify(configJsonSchema(), null, isJson(session) ? 0 : 2)}\n`);
  return exitCodes.ok;
}

/** Against what the daemon was last given. */
async function diff(session: Session, input: CommandInput): Promise<number> {
  const stack = loadConfig(session, [], true);
  const changes = diffStacks(readApplied(session), stack);
  const document = { schema: 'fettle.config-diff/v1', changes };
  await emit(session, document, (look) => renderDiff(changes, look));
  const differs = changes.length > 0;
  return differs && input.options['exitCode'] === true ? exitCodes.notAsAsked : exitCodes.ok;
}

function readApplied(session: Session): Stack | null {
  try {
    return JSON.parse(readFileSync(session.paths.stackFile, 'utf8')) as Stack;
  } catch {
    return null;
  }
}
