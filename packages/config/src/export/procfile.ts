/** A stack as a Procfile: one line a service, variables in front of the command. */
import type { Draft } from '../import/draft.ts';
import { isMap } from '../import/draft.ts';
import { Telling, shellWord, type Exported } from './exported.ts';
import { literalDraft } from './read-own.ts';
import { shellVariables } from './shell-variables.ts';

export function exportProcfile(stack: Draft): Exported {
  const draft = literalDraft(stack);
  const lost: { service: string; key: string }[] = [];
  const lines = draft.comments.map((text) => `# ${text}`.trimEnd());
  if (lines.length > 0) lines.push('');
  for (const service of draft.services) {
    const telling = new Telling(service, lost);
    for (const comment of service.comments) lines.push(`# ${comment}`.trimEnd());
    const command = lineOf(telling);
    const isReleases = Object.keys(telling.keys.map('depends_on') ?? {}).join() === 'release';
    if (!isReleases && service.keys['depends_on'] !== undefined) telling.lose('depends_on');
    if (telling.keys.text('restart') !== undefined && service.name !== 'release')
      telling.lose('restart');
    for (const { path } of telling.envFiles()) if (!path.startsWith('.')) telling.lose('env_file');
    const wish = service.keys['port'];
    const isForemans = typeof wish === 'string' && /^\d+00-\d+99$/.test(wish);
    const port = telling.port();
    const variables = Object.entries({
      ...(port === null || isForemans ? {} : { PORT: port }),
      ...telling.environment(),
    });
    const prefix = variables
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}=${shellWord(String(isMap(value) ? '' : value))} `);
    lines.push(shellVariables(`${service.name}: ${prefix.join('')}${command}`));
    telling.finish();
  }
  return { files: [{ name: 'Procfile', text: `${lines.join('\n')}\n` }], lost };
}

/** Foreman gives every line to a shell, so a shell of ours in front is not needed. */
function lineOf(telling: Telling): string {
  const { command } = telling.service.keys;
  if (typeof command === 'string' && telling.service.keys['entrypoint'] === undefined) {
    telling.keys.take('command');
    return command.replaceAll('\n', ' ');
  }
  const words = telling.words();
  if (words[0] === '/bin/sh' && words[1] === '-c' && words.length === 3)
    return (words[2] ?? '').trim().replaceAll('\n', '; ');
  return words.map(shellWord).join(' ');
}
