/**
 * Puts a directive that no tool knows into every service of a case: it must be kept and named,
 * whatever a translator believes to know.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument, stringify } from 'yaml';
import type { Case } from './cases.ts';

/** The file to be read now. */
export function addMadeUp(dir: string, { format, main }: Case): string {
  const path = join(dir, main);
  switch (format) {
    case 'compose':
      return addToYaml(path, 'services');
    case 'process-compose':
      return addToYaml(path, 'processes');
    case 'pm2':
      return addToApps(dir, main);
    case 'supervisord':
      for (const file of [path, ...included(join(dir, 'conf.d'))])
        replace(file, /^\[program:.*\]$/gm, '$&\nfrobnicate=7');
      return path;
    case 'systemd':
      for (const file of readdirSync(dir).filter((name) => name.endsWith('.service')))
        replace(join(dir, file), /^\[Service\]$/gm, '$&\nFrobnicate=7');
      return path;
    case 'package':
      replace(path, /"scripts": \{/g, '"scripts": {"frobnicate": "7",');
      return path;
    case 'procfile':
      writeFileSync(path, `${readFileSync(path, 'utf8')}frobnicate 7\n`);
      return path;
    default:
      return format satisfies never;
  }
}

/** `service directive` as they must be noted; empty for a format that has no directives. */
export function madeUpNotes({ format, services, name }: Case): readonly string[] {
  if (format === 'procfile' || (format === 'package' && name === 'workspaces')) return [];
  if (format === 'package') return ['scripts.frobnicate'];
  const word = format === 'systemd' ? 'Service.Frobnicate' : 'frobnicate';
  // What is included is a file of its own, and read as it stands.
  const own = services.filter((service) => !(format === 'compose' && service === 'search'));
  return own.map((service) => `${service} ${word}`);
}

function included(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function replace(file: string, pattern: RegExp, by: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(pattern, by));
}

function addToYaml(path: string, section: string): string {
  const value = parseDocument(readFileSync(path, 'utf8'), { merge: true }).toJS() as Record<
    string,
    Record<string, Record<string, unknown>>
  >;
  for (const one of Object.values(value[section] ?? {})) one['frobnicate'] = 7;
  writeFileSync(path, stringify(value));
  return path;
}

/** Beside the file, one that takes its value and adds to it: JavaScript cannot be edited safely. */
function addToApps(dir: string, main: string): string {
  const path = join(dir, main);
  const add = `for (const app of [].concat(value.apps ?? value)) app.frobnicate = 7;`;
  if (/\.[cm]?js$/.test(main)) {
    const over = join(dir, 'over.ecosystem.config.mjs');
    writeFileSync(over, `import value from './${main}';\n${add}\nexport default value;\n`);
    return over;
  }
  const text = readFileSync(path, 'utf8').replaceAll(/^\s*\/\/.*$/gm, '');
  const value = parseDocument(text).toJS() as { apps?: Record<string, unknown>[] };
  for (const app of value.apps ?? (value as Record<string, unknown>[])) app['frobnicate'] = 7;
  writeFileSync(path, stringify(value));
  return path;
}
