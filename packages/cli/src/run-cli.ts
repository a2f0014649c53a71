/**
 * One call of the CLI: flags, session, command, errors, exit code.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommanderError, type OptionValues } from 'commander';
import { FettleError } from '@fettle/sdk/fettle-error';
import { problemOf } from '@fettle/sdk/problem-error';
import { catalogue } from './catalogue.ts';
import { exitCodes } from './command.ts';
import type { Interrupts } from './interrupts.ts';
import { createOutput, type Output, type OutputStream } from './output.ts';
import { buildProgram, type Invocation } from './program.ts';
import { findStackDir, openSession, usageError, type OutputFormat } from './session.ts';
import { nearestWord } from './suggestion.ts';
import { createSurface } from './surface.ts';
import { fitCharset } from './terminal/ascii.ts';
import { renderError, viewOf } from './terminal/error-text.ts';
import type { ColorChoice } from './terminal/look.ts';
import { cliVersion } from './version.ts';

const formats: readonly string[] = [
  'table',
  'wide',
  'json',
  'ndjson',
  'yaml',
  'markdown',
  'github',
  'mermaid',
  'dot',
  'pid',
];

/** What a call of the CLI needs of its process. */
export type CliHost = Readonly<{
  stdout: OutputStream;
  stderr: OutputStream;
  env: Readonly<Record<string, string | undefined>>;
  interrupts: Interrupts;
}>;

/** @returns the exit code; never throws. */
export async function runCli(words: readonly string[], host: CliHost): Promise<number> {
  const { interrupts } = host;
  let code: number = exitCodes.ok;
  let flags: OptionValues = roughFlags(words);
  let dir = process.cwd();
  const program = buildProgram(cliVersion, async (invocation) => {
    flags = invocation.flags;
    dir = stackDirOf(flags);
    code = await runInvocation(invocation, dir, host);
  });
  for (const one of [program, ...program.commands])
    one.configureOutput({
      outputError: () => undefined,
      writeOut: (text) => {
        const output = outputFor(flags, host);
        output.print(fitCharset(text, output.look.unicode));
      },
    });
  try {
    refuseUnknownVerb(program.parseOptions([...words]).operands[0], words);
    await program.parseAsync([...words], { from: 'user' });
  } catch (cause) {
    code = await report(cause, outputFor(flags, host), { flags, dir, words });
  }
  if (interrupts.signal.aborted && code === exitCodes.ok && interrupts.childAnswers !== true)
    code = interrupts.exitCode;
  return code;
}

async function runInvocation(invocation: Invocation, dir: string, host: CliHost): Promise<number> {
  const { flags, module, input } = invocation;
  const file: unknown = flags['file'];
  const session = openSession({
    flags: {
      dir,
      file: typeof file === 'string' ? file : null,
      configFile: typeof file === 'string' ? resolve(String(flags['dir'] ?? '.'), file) : null,
      format: formatOf(flags),
      quiet: flags['quiet'] === true,
      verbose: flags['verbose'] === true,
      input: flags['input'] !== false,
    },
    output: outputFor(flags, host),
    env: host.env,
    interrupts: host.interrupts,
    surface: createSurface(cliVersion),
  });
  return module.run(session, input);
}

function stackDirOf(flags: OptionValues): string {
  const { dir, file } = flags as Readonly<{ dir?: string; file?: string }>;
  return findStackDir(dir ?? process.cwd(), file ?? null);
}

function formatOf(flags: OptionValues): OutputFormat {
  const asked: unknown = flags['json'] === true ? 'json' : (flags['output'] ?? 'table');
  if (formats.includes(String(asked))) return asked as OutputFormat;
  throw usageError(`-o ${String(asked)} is no output format`, `one of: ${formats.join(', ')}`);
}

function outputFor(flags: OptionValues, host: CliHost): Output {
  const color = flags['color'] === false ? 'never' : (flags['color'] ?? 'auto');
  return createOutput(host, {
    env: host.env,
    color: ['auto', 'always', 'never'].includes(String(color)) ? (color as ColorChoice) : 'auto',
    quiet: flags['quiet'] === true,
    verbose: flags['verbose'] === true,
  });
}

/** commander would guess from its own list only after failing; we say it in our own shape. */
function refuseUnknownVerb(verb: string | undefined, words: readonly string[]): void {
  if (verb === undefined || !words.includes(verb)) return;
  const known = catalogue
    .filter((entry) => entry.hidden !== true)
    .flatMap((entry) => (entry.alias === undefined ? [entry.name] : [entry.name, entry.alias]));
  if (known.includes(verb) || verb.startsWith('__')) return;
  const near = nearestWord(verb, known);
  throw usageError(
    `${verb} is not a command${near === null ? '' : `; did you mean ${near}?`}`,
    near === null ? 'fettle --help      lists the commands' : `fettle ${near}`,
  );
}

type Call = Readonly<{ flags: OptionValues; dir: string; words: readonly string[] }>;

/** Tells the error and returns the exit code that goes with it. */
async function report(cause: unknown, output: Output, call: Call): Promise<number> {
  if (cause instanceof CommanderError) {
    if (cause.exitCode === 0) return exitCodes.ok;
    if (cause.code === 'commander.help') return exitCodes.usage;
    const message = cause.message.replace(/^error: /, '').replace(/\n.*/s, '');
    return report(usageError(message, usageHint(call.words)), output, call);
  }
  const error = cause instanceof FettleError ? cause : internalError(cause);
  const asJson = call.flags['json'] === true || String(call.flags['output']).endsWith('json');
  if (asJson) output.json(problemOf(error, `fettle ${call.words.join(' ')}`));
  if (error.code === 'E-CONFIG-INVALID') await tellConfigProblems(output, error);
  else output.complain(renderError(viewOf(error, sourceLineOf(error)), output.talkLook, call.dir));
  if (!(cause instanceof FettleError) && cause instanceof Error)
    output.detail(cause.stack ?? cause.message);
  return error.exitCode;
}

/** Loaded only now: reading configs is much code, and most calls need none of it. */
async function tellConfigProblems(output: Output, error: FettleError): Promise<void> {
  const { ConfigProblems } = await import('@fettle/config/problem/problem');
  if (!(error instanceof ConfigProblems)) return;
  const { tellProblems } = await import('./up/load-config.ts');
  tellProblems(output, [...error.problems, ...error.warnings]);
  output.complain(`nothing was started\n`);
}

function usageHint(words: readonly string[]): string {
  const verb = words.find((word) => catalogue.some((entry) => entry.name === word));
  return verb === undefined
    ? 'fettle --help      lists the commands'
    : `fettle ${verb} --help      lists its flags`;
}

/** What we did wrong: said as such, with the stack under `--verbose`. */
function internalError(cause: unknown): FettleError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new FettleError('E-INTERNAL', `Fettle made a mistake: ${text}`, {
    hint: 'run it again with --verbose and report what it prints',
    cause,
    status: 500,
  });
}

function sourceLineOf(error: FettleError): string | null {
  if (error.place === null) return null;
  try {
    const lines = readFileSync(error.place.file, 'utf8').split('\n');
    return lines[error.place.line - 1] ?? null;
  } catch {
    return null;
  }
}

/** Enough to shape an error that came before the flags were parsed. */
function roughFlags(words: readonly string[]): OptionValues {
  const at = words.findIndex((word) => word === '-o' || word === '--output');
  return {
    json: words.includes('--json'),
    quiet: words.includes('--quiet') || words.includes('-q'),
    ...(at === -1 ? {} : { output: words[at + 1] }),
    ...(words.includes('--no-color') ? { color: false } : {}),
  };
}
