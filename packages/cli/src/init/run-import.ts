/** Shows what `init --from` would write, asks where somebody can answer, writes, and checks it. */
import { relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { checkStack } from '@fettle/config/load-stack';
import { exitCodes, type CommandInput } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { commandLine, type Session } from '../session.ts';
import { fitCharset } from '../terminal/ascii.ts';
import { plural } from '../terminal/amount.ts';
import { tellProblems } from '../up/load-config.ts';
import { changeWord, renderDiff, writeChange } from './file-change.ts';
import { notesDocument, planImport, renderNotes, type ImportPlan } from './from-file.ts';

export async function runImport(session: Session, input: CommandInput): Promise<number> {
  const { options, args } = input;
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const plan = planImport(session, {
    format: text(options['from']),
    file: args[0] ?? null,
    force: options['force'] === true,
  });
  const { output, flags } = session;
  const look = output.talkLook;
  output.say(`${relative(flags.dir, plan.from) || '.'} (${plan.imported.format}) as fettle.yaml`);
  if (!flags.quiet)
    for (const change of plan.changes)
      output.complain(renderDiff(change, relative(flags.dir, change.file), look));
  if (!flags.quiet) output.complain(fitCharset(renderNotes(plan, look), look.unicode));
  const dryRun = options['dryRun'] === true;
  const written = !dryRun && (options['yes'] === true || (await agreed(session, plan)));
  if (written) for (const change of plan.changes) writeChange(change);
  const valid = written ? check(session, plan) : null;
  const files = plan.changes.map((change) => ({
    file: change.file,
    change: written ? changeWord(change) : 'not written',
  }));
  const document = { schema: 'fettle.init/v1', dryRun, files, valid, import: notesDocument(plan) };
  await emit(session, document, () =>
    files.map(({ file, change }) => `${change}  ${relative(flags.dir, file)}\n`).join(''),
  );
  if (!written) return dryRun ? exitCodes.ok : exitCodes.refused;
  if (valid === true) sayNext(session, [commandLine(session, 'up')]);
  return valid === true ? exitCodes.ok : exitCodes.failed;
}

/** Where nobody can answer a new file is written; replacing one was asked for by `--force`. */
async function agreed(session: Session, { changes }: ImportPlan): Promise<boolean> {
  if (changes.every(({ before, after }) => before === after)) return true;
  if (!session.flags.input || process.stdin.isTTY !== true || !session.output.talkLook.tty)
    return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question('write fettle.yaml? [Y/n] ', {
      signal: session.interrupts.signal,
    });
    return /^(?:y(?:es)?)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    lines.close();
  }
}

function check(session: Session, { changes }: ImportPlan): boolean {
  const { dir } = session.flags;
  const { problems, warnings, lost, stack } = checkStack({
    dir,
    file: changes.map(({ file }) => file),
    env: session.env,
    cwd: dir,
  });
  tellProblems(session.output, [...problems, ...warnings], lost);
  if (stack !== null)
    session.output.say(`${stack.name} is fine: ${plural(stack.services.length, 'service')}`);
  return stack !== null;
}
