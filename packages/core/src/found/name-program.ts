/** A short name for a program that nobody named: its script, its module, else its own name. */
import type { RunningProcess } from './running-facts.ts';

const runners =
  /^(?:node|nodejs|bun|deno|tsx|ts-node|python[\d.]*|ruby[\d.]*|php[\d.]*|perl|sh|bash|dash|zsh|env|npx|npm|pnpm|yarn|uv|poetry|bundle|java)$/;
const words = /^(?:run|exec|start|dev|x)$/;

export function nameProgram({ args, name }: RunningProcess): string {
  if (args === null || args.length === 0) return name;
  const [program = name, ...rest] = args;
  const base = baseName(program);
  if (!runners.test(base)) return base.split(/[ :]/)[0] || name;
  const jar = rest[rest.indexOf('-jar') + 1];
  if (rest.includes('-jar') && jar !== undefined) return baseName(jar);
  const module = rest[rest.indexOf('-m') + 1];
  if (base.startsWith('python') && rest.includes('-m') && module !== undefined) return module;
  if (rest[0] === '-c' || rest[0] === '-e') return base;
  const script = rest.find((word) => !word.startsWith('-') && !words.test(word));
  if (script === undefined) return base;
  const own = baseName(script);
  // `src/api/index.js` is the api.
  const folder = script.split('/').at(-2);
  return /^(?:index|main|server|app)$/.test(own) && folder && !/^(?:src|dist|\.|\.\.)$/.test(folder)
    ? folder
    : own;
}

function baseName(path: string): string {
  const last = path.split('/').at(-1) ?? path;
  return last.replace(/\.(?:[cm]?[jt]sx?|py|rb|php|pl|sh|jar)$/, '');
}
