/** `fettle config export --to FORMAT`: the stack as files of another tool, and what those lack. */
import { basename, join, resolve } from 'node:path';
import { exportStack } from '@fettle/config/export/export-stack';
import { foreignFormats } from '@fettle/config/import/draft';
import { readSource } from '@fettle/config/source/read-source';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandInput } from '../command.ts';
import { emit, requireFormat } from '../emit.ts';
import { usageError, type Session } from '../session.ts';
import { plural } from '../terminal/amount.ts';
import { loadConfig } from '../up/load-config.ts';
import { readIfThere, writeChange } from './file-change.ts';

export async function exportFiles(session: Session, { options }: CommandInput): Promise<number> {
  requireFormat(session, ['table', 'json', 'yaml']);
  const said = String(options['to'] ?? '').toLowerCase();
  const format = foreignFormats.find((one) => one === said);
  if (format === undefined)
    throw usageError(
      `config export wants a format${said === '' ? '' : `, and ${said} is none`}`,
      `fettle config export --to ${foreignFormats.join('|')}`,
    );
  const stack = loadConfig(session);
  const [main, ...over] = stack.files;
  const read = readSource(main ?? '', session.flags.dir);
  if (!read.ok || !/^(?:fettle|compose|docker-compose)\b/.test(basename(main ?? '')))
    throw new FettleError('E-EXPORT-SOURCE', 'export begins with a fettle.yaml', {
      hint: 'make one of what is there: fettle init',
      exitCode: 2,
    });
  if (over.length > 0)
    session.output.say(
      `only ${basename(main!)} is told, not ${over.map((file) => basename(file)).join(', ')}`,
    );
  const { files, lost } = exportStack(read.source, format);
  const folder = typeof options['out'] === 'string' ? resolve(options['out']) : null;
  if (folder !== null)
    for (const { name, text } of files) {
      const file = join(folder, name);
      writeChange({ file, before: readIfThere(file), after: text });
    }
  for (const { service, key } of lost)
    session.output.say(`not in these files: \`${key}\` of ${service ?? 'the stack'}`);
  await emit(session, { schema: 'fettle.export/v1', format, folder, files, lost }, () =>
    folder === null ? printed(files) : `wrote ${plural(files.length, 'file')} to ${folder}\n`,
  );
  return exitCodes.ok;
}

/** One file as it is; several each below a line with its name. */
function printed(files: readonly Readonly<{ name: string; text: string }>[]): string {
  const [only, ...more] = files;
  if (only !== undefined && more.length === 0) return only.text;
  return files.map(({ name, text }) => `# --- ${name}\n${text}`).join('\n');
}
