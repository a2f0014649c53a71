/**
 * Procfile (Foreman, Heroku, Overmind, Honcho): one `name: command` a line.
 *
 * Source: the Foreman manual ("PROCFILE", "PORT": 5000 for the first type and 100 more for each
 * next one, `.env` for all) and Heroku's "The Procfile" (`web` listens on PORT, `release` runs
 * before the others).
 */
import { parseDotenv } from '../source/dotenv.ts';
import type { Source } from '../source/node.ts';
import { shellCommand, splitPrefix } from './command-text.ts';
import { StackDraft, type Draft, type Foreign, type ServiceDraft } from './draft.ts';
import { settlePorts } from './settle-ports.ts';

const line = /^([A-Za-z0-9_-]+):[ \t]*(.*)$/;

export function readProcfile(foreign: Foreign): Draft {
  const stack = new StackDraft('procfile');
  const [source, ...others] = foreign.files;
  if (source === undefined) return stack.done();
  const base = basePort(others.find(({ name }) => name.endsWith('.env')));
  const envFiles = ['.env', '.overmind.env'].filter((name) => foreign.beside.has(name));
  let comments: string[] = [];
  for (const { text, offset } of linesOf(source)) {
    const bare = text.trim();
    if (bare.startsWith('#')) comments.push(bare.slice(1).replace(/^ /, ''));
    if (bare === '' && comments.length > 0 && stack.services.length === 0)
      stack.comments.push(...comments.splice(0));
    if (bare === '' || bare.startsWith('#')) continue;
    const spot = { source, offset: offset + text.indexOf(bare), length: bare.length };
    const [, name, command] = line.exec(bare) ?? [];
    if (name === undefined || command === undefined || command === '') {
      foreign.sink.add({
        code: 'E-IMPORT-SYNTAX',
        spot,
        path: '',
        seen: bare,
        message: 'this line of the Procfile says no process',
        hint: 'Write `name: command`; comments start with #.',
      });
      continue;
    }
    const service = stack.add(name, spot);
    service.comments.push(...comments);
    comments = [];
    const port = base + 100 * (stack.services.length - 1);
    fill(service, command, port);
    service.set('env_file', envFiles);
  }
  stack.comments.push(...comments);
  releaseFirst(stack);
  settlePorts(stack.services);
  return stack.done();
}

function fill(service: ServiceDraft, text: string, port: number): void {
  const { environment, command } = splitPrefix(text);
  service.set('command', shellCommand(command));
  service.set('environment', environment);
  const usesPort = /\$(?:PORT\b|\{PORT\b)/.test(command);
  if ('PORT' in environment || !(usesPort || service.name === 'web')) return;
  service.set('port', `${port}-${port + 99}`);
  service.change('PORT', `PORT is ${port} or the next free one, as with Foreman`);
}

/** What Heroku's release phase means: a job, and the others wait until it is through. */
function releaseFirst(stack: StackDraft): void {
  const release = stack.services.find(({ name }) => name === 'release');
  if (release === undefined) return;
  release.set('restart', 'no');
  release.change('release', 'is a job, and the others wait until it is through, as on Heroku');
  for (const other of stack.services)
    if (other !== release)
      other.set('depends_on', { release: { condition: 'service_completed_successfully' } });
}

function basePort(env: Source | undefined): number {
  const said = parseDotenv(env?.text ?? '', () => undefined).entries.find(
    ({ name }) => name === 'PORT',
  );
  const port = Number(said?.value ?? Number.NaN);
  return Number.isInteger(port) && port > 0 && port < 60_000 ? port : 5_000;
}

function linesOf(source: Source): readonly Readonly<{ text: string; offset: number }>[] {
  let offset = 0;
  return source.text.split('\n').map((text) => {
    const at = offset;
    offset += text.length + 1;
    return { text: text.replace(/\r$/, ''), offset: at };
  });
}
