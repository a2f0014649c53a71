/** A stack as scripts of a package.json, side by side by `concurrently` when there are several. */
import { isMap, type Draft, type Plain, type PlainMap } from '../import/draft.ts';
import { Telling, shellWord, type Exported } from './exported.ts';
import { literalDraft } from './read-own.ts';
import { shellVariables } from './shell-variables.ts';

export function exportPackageJson(stack: Draft): Exported {
  const draft = literalDraft(stack);
  const lost: { service: string; key: string }[] = [];
  const { scripts: before, ...kept } = draft.kept;
  const known = isMap(before) ? before : {};
  const scripts: Record<string, Plain> = { ...known };
  const own: string[] = [];
  for (const service of draft.services) {
    const telling = new Telling(service, lost);
    const script = scriptOf(telling, known);
    if (script !== null) {
      const name = draft.services.length === 1 ? 'start' : `start:${service.name}`;
      scripts[name] = shellVariables(script);
      own.push(name);
    }
    telling.finish();
  }
  if (own.length > 0 && scripts['start'] === undefined)
    scripts['start'] = `concurrently ${own.map((name) => `npm:${name}`).join(' ')}`;
  const value: PlainMap = {
    ...(draft.name === null ? {} : { name: draft.name }),
    private: true,
    ...kept,
    ...(Object.keys(scripts).length > 0 ? { scripts } : {}),
  };
  const text = `${JSON.stringify(value, null, 2)}\n`;
  return { files: [{ name: 'package.json', text }], lost };
}

/** null: it runs a script that is there already. */
function scriptOf(telling: Telling, known: PlainMap): string | null {
  const words = telling.words();
  const runs = /^(?:npm|pnpm|yarn|bun)$/.test(words[0] ?? '');
  const dir = telling.keys.text('working_dir');
  const isKnown = runs && words[1] === 'run' && known[words[2] ?? ''] !== undefined;
  const isMembers = runs && words[1] === 'run' && dir !== undefined;
  const isRaw = runs && words[1] === 'exec' && Object.keys(known).length > 0;
  if (isKnown || isMembers || isRaw) {
    telling.keys.take('port');
    return null;
  }
  const port = telling.port();
  const env = { ...(port === null ? {} : { PORT: port }), ...telling.environment() };
  const prefix = Object.entries(env)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${shellWord(String(value))} `);
  const line =
    words[0] === '/bin/sh' && words[1] === '-c' && words.length === 3
      ? (words[2] ?? '')
      : words.map(shellWord).join(' ');
  return `${dir === undefined ? '' : `cd ${shellWord(dir)} && `}${prefix.join('')}${line}`;
}
