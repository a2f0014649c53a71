/**
 * Builds the command line from the catalogue: flags that mean the same everywhere, one stub per
 * verb whose own flags are loaded when it is called.
 */
import { Command, Option, type OptionValues } from 'commander';
import { catalogue, findEntry, type CatalogueEntry } from './catalogue.ts';
import type { CommandInput, CommandModule } from './command.ts';

export type Invocation = Readonly<{
  entry: CatalogueEntry;
  module: CommandModule;
  input: CommandInput;
  /** Common and own flags, the nearer to the verb the stronger. */
  flags: OptionValues;
}>;

export function buildProgram(
  version: string,
  invoke: (invocation: Invocation) => Promise<void>,
): Command {
  const program = new Command('fettle');
  program
    .description('Runs your stack, watches it, says why a service broke.')
    .usage('[flags] <command> [flags] [words]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or a command’s own help after its name')
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText('after', '\nnext: fettle up · fettle status · fettle help exit-codes')
    .exitOverride();
  addCommonFlags(program, true);
  const modules = new Map<string, CommandModule>();
  for (const entry of catalogue) addStub(program, entry);
  program.hook('preSubcommand', async (_program, sub) => {
    const entry = findEntry(sub.name());
    if (entry === null) return;
    modules.set(entry.name, await defineEntry(sub, entry));
  });
  for (const sub of program.commands)
    sub.action(async () => {
      const entry = findEntry(sub.name());
      const module = modules.get(sub.name());
      if (entry === null || module === undefined) return;
      const input = { args: sub.args, options: sub.opts(), verb: typedVerb(program, entry) };
      await invoke({ entry, module, input, flags: { ...program.opts(), ...defined(sub) } });
    });
  return program;
}

/** Loads a verb's own flags and words onto its stub. */
export async function defineEntry(sub: Command, entry: CatalogueEntry): Promise<CommandModule> {
  const { command } = await entry.load();
  command.define(sub);
  addCommonFlags(sub, false);
  return command;
}

function addStub(program: Command, entry: CatalogueEntry): void {
  const sub = program.command(entry.name, { hidden: entry.hidden === true });
  sub.description(entry.summary).helpGroup(`${entry.group}:`).exitOverride();
  sub.helpOption('-h, --help', 'print this');
  if (entry.alias !== undefined) sub.alias(entry.alias);
}

/** A flag that the command declared itself (as `logs -f`) keeps its own meaning. */
function addCommonFlags(command: Command, onProgram: boolean): void {
  const has = (flag: string): boolean =>
    command.options.some((option) => option.short === flag || option.long === flag);
  const add = (option: Option): void => {
    if (option.long !== undefined && has(option.long)) return;
    command.addOption(onProgram ? option : option.helpGroup('Common flags:'));
  };
  add(new Option('-C, --dir <folder>', 'folder of the stack'));
  add(new Option(has('-f') ? '--file <file>' : '-f, --file <file>', 'config file'));
  add(new Option('--json', 'one JSON document; streams: NDJSON'));
  add(new Option('-o, --output <format>', 'table, wide, json, ndjson, yaml or markdown'));
  add(new Option(has('-q') ? '--quiet' : '-q, --quiet', 'no talk on stderr'));
  add(new Option('-v, --verbose', 'more talk on stderr'));
  add(new Option('--no-input', 'never ask'));
  add(new Option('--color <when>', 'auto, always or never'));
  add(new Option('--no-color', 'same as --color=never'));
}

/** Flags that were really given, so that a default does not hide one given before the verb. */
function defined(command: Command): OptionValues {
  const given = Object.entries(command.opts()).filter(
    ([name]) => command.getOptionValueSource(name) !== 'default',
  );
  return Object.fromEntries(given);
}

function typedVerb(program: Command, entry: CatalogueEntry): string {
  return entry.alias !== undefined && program.args[0] === entry.alias ? entry.alias : entry.name;
}
