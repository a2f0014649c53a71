/**
 * Settings of a service by name: variables, and keys of its configuration files, whatever their
 * format (JSON, YAML, TOML, INI, env). Only what is needed to find addresses: a key, its value, and
 * what it stands in. Bounded; what cannot be read has no settings.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Service } from '@fettle/core/stack/service';
import { filesOf } from '../named-files.ts';

export type Setting = Readonly<{
  /** `database`, `a.b`; empty: at the top. */
  parent: string;
  key: string;
  value: string;
}>;

const maxFiles = 10;
const maxBytes = 65_536;
const maxSettings = 2_000;
const maxDepth = 8;
const configFile = /\.(?:json|ya?ml|toml|ini|conf|cfg|cnf|env|properties)$|(?:^|\/)\.env[\w.]*$/i;

/** Secret files are never read here. */
export function settingsOf(service: Service): readonly Setting[] {
  const variables = Object.entries(service.environment).map(([key, value]) => ({
    parent: '',
    key,
    value,
  }));
  const files = filesOf(service).filter(
    ({ path, kind }) => kind !== 'secret' && configFile.test(path),
  );
  const rendered = service.templates.map(({ to }) => to);
  const paths = [...new Set([...rendered, ...files.map(({ path }) => path)])].slice(0, maxFiles);
  return [...variables, ...paths.flatMap((path) => settingsIn(readText(path)))];
}

export function settingsIn(text: string): readonly Setting[] {
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{') || trimmed.startsWith('['))
    try {
      const found: Setting[] = [];
      walk(JSON.parse(text), '', '', found);
      return found;
    } catch {
      // Broken JSON is read like any other text: its lines still name addresses.
    }
  return settingsOfLines(text.split('\n', maxSettings));
}

function readText(path: string): string {
  try {
    if ((statSync(path).size ?? 0) > maxBytes) return '';
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function walk(value: unknown, parent: string, key: string, found: Setting[]): void {
  if (found.length >= maxSettings || parent.split('.').length > maxDepth) return;
  if (typeof value === 'string' || typeof value === 'number') {
    found.push({ parent, key, value: String(value) });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const own = [parent, key].filter((one) => one !== '').join('.');
  for (const [name, item] of Object.entries(value)) walk(item, own, name, found);
}

const pair = /^(\s*)(?:-\s+)?(?:export\s+)?["']?([\w.-]{1,100})["']?\s*[:=]\s*["']?([^"',]{0,500})/;
const section = /^\s*\[{1,2}([\w.-]{1,100})\]{1,2}\s*$/;

/** What is indented below a key without a value belongs to it; so does what follows `[section]`. */
function settingsOfLines(lines: readonly string[]): readonly Setting[] {
  const found: Setting[] = [];
  let base = '';
  let above: Readonly<{ indent: number; name: string }>[] = [];
  for (const line of lines) {
    const head = section.exec(line);
    if (head !== null) {
      base = head[1] ?? '';
      above = [];
      continue;
    }
    const [, space = '', key = '', said = ''] = pair.exec(line.slice(0, 1_000)) ?? [];
    if (key === '') continue;
    const indent = space.length;
    above = above.filter((one) => one.indent < indent).slice(-maxDepth);
    const value = said.replace(/\s+#.*$/, '').trim();
    const parent = [base, ...above.map(({ name }) => name)].filter((one) => one !== '').join('.');
    if (value === '' || value === '{' || value === '[') above.push({ indent, name: key });
    else found.push({ parent, key, value });
  }
  return found;
}
