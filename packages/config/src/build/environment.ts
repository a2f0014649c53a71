/** Joins `env_file` and `environment`: later files win over earlier ones, `environment` over all. */
import { resolve } from 'node:path';
import { nearestOf } from '../problem/nearest.ts';
import type { EnvFileWish, ServiceFields } from '../keys/service-keys.ts';
import { parseDotenv } from '../source/dotenv.ts';
import { readSource } from '../source/read-source.ts';
import type { BuildContext } from './context.ts';
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

export function buildEnvironment(
  fields: ServiceFields,
  path: string,
  context: BuildContext,
): Readonly<Record<string, string>> {
  const found = new Map<string, string>();
  for (const wish of fields.env_file?.value ?? []) readEnvFile(wish, path, { found, context });
  for (const { name, value, keySpot } of fields.environment?.value ?? []) {
    if (!/^[^=\0\s]+$/.test(name)) {
      context.sink.add({
        code: 'E-CONFIG-NAME',
        spot: keySpot,
        path: `${path}.environment`,
        seen: name,
        message: `\`${name}\` cannot be the name of a variable`,
        hint: 'Use letters, digits and `_`: `NAME: value`.',
      });
      continue;
    }
    const taken = value ?? context.lookup(name);
    if (taken !== undefined) found.set(name, taken);
  }
  return Object.fromEntries(found);
}

type Reading = Readonly<{ found: Map<string, string>; context: BuildContext }>;

function readEnvFile(wish: EnvFileWish, path: string, { found, context }: Reading): void {
  // A mapping without `path` has been reported already.
  if (wish.path === '') return;
  const file = resolve(wish.spot.source.baseDir, wish.path);
  const read = readSource(file, context.cwd);
  if (!read.ok) {
    if (read.missing && !wish.required) return;
    const nearest = read.missing ? nearestFile(file) : null;
    context.sink.add({
      code: 'E-CONFIG-ENV-FILE',
      spot: wish.spot,
      path: `${path}.env_file`,
      seen: wish.path,
      nearest,
      message: `the env file cannot be used: ${read.message}`,
      hint: !read.missing
        ? read.hint
        : nearest === null
          ? 'Create the file, or write `{path: …, required: false}` when it may be missing.'
          : `Did you mean \`${nearest}\`?`,
    });
    return;
  }
  context.files.set(file, read.modifiedAtMs);
  const { entries, faults } = parseDotenv(
    read.source.text,
    (name) => context.lookup(name) ?? found.get(name),
    wish.raw,
  );
  for (const { offset, length, message, hint } of faults)
    context.sink.add({
      code: 'E-CONFIG-ENV-FILE',
      spot: { source: read.source, offset, length },
      path: `${path}.env_file`,
      message,
      hint,
    });
  for (const { name, value } of entries) found.set(name, value);
}

/** A file of nearly that name in the same folder. */
function nearestFile(file: string): string | null {
  try {
    return nearestOf(basename(file), readdirSync(dirname(file)).slice(0, 500));
  } catch {
    return null;
  }
}
