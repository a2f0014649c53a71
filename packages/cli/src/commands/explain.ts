/** `fettle explain CODE`: what it means and what to do. */
import type { Command } from 'commander';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandModule } from '../command.ts';
import { parseCodes, readErrorsPage, type ExplainedCode } from '../docs-text.ts';
import { emit } from '../emit.ts';
import { nearestWord } from '../suggestion.ts';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint } from '../terminal/paint.ts';
import { wrapWords } from '../terminal/width.ts';

export const command: CommandModule = {
  define(program: Command) {
    program.argument('[code]', 'as in E-PORT-TAKEN; all codes unless given');
  },
  async run(session, input) {
    const codes = parseCodes(readErrorsPage());
    const [asked] = input.args;
    if (asked === undefined) {
      await emit(session, { schema: 'fettle.codes/v1', codes }, (look) =>
        codes.map((one) => `${one.code.padEnd(28)}  ${plain(one.meaning, look)}\n`).join(''),
      );
      return exitCodes.ok;
    }
    const found = findCode(codes, asked);
    await emit(session, { schema: 'fettle.explain/v1', ...found }, (look) =>
      renderCode(found, look),
    );
    return exitCodes.ok;
  },
};

/** @throws FettleError E-CODE-UNKNOWN */
export function findCode(codes: readonly ExplainedCode[], asked: string): ExplainedCode {
  const wanted = asked.toUpperCase();
  const found = codes.find(({ code }) => code === wanted);
  if (found !== undefined) return found;
  const near = nearestWord(
    wanted,
    codes.map(({ code }) => code),
  );
  throw new FettleError(
    'E-CODE-UNKNOWN',
    `no code ${asked} is known${near === null ? '' : `; did you mean ${near}?`}`,
    { hint: 'fettle explain      lists them all', exitCode: 2, status: 404 },
  );
}

export function renderCode(found: ExplainedCode, look: Look): string {
  const columns = Math.min(look.columns, 100);
  return [
    paint(look, 'bold', found.code),
    ...wrapWords(plain(found.meaning, look), columns - 2).map((line) => `  ${line}`),
    '',
    'What to do',
    ...wrapWords(plain(found.action, look), columns - 2).map((line) => `  ${line}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** Markdown's marks say nothing in a terminal. */
function plain(text: string, look: Look): string {
  return fitCharset(text.replaceAll(/[`*]/g, ''), look.unicode);
}
