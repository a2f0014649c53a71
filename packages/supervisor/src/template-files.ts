/** Renders a service's template files before it starts: read, fill in, write atomically. */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Template } from '@fettle/core/stack/service';
import { renderTemplate } from '@fettle/core/stack/template';
import { writeAtomically } from './atomic-file.ts';
import type { CommandTrouble } from './command-check.ts';

/** Bound: a template is text that a person wrote. */
const maxBytes = 4 * 1_048_576;

/** null: all are written. */
export function renderTemplateFiles(
  templates: readonly Template[],
  workingDir: string,
  environment: Readonly<Record<string, string>>,
): CommandTrouble | null {
  for (const { from, to } of templates) {
    try {
      const source = resolve(workingDir, from);
      const { size, mode } = statSync(source);
      if (size > maxBytes) return trouble(`${from} is larger than ${maxBytes} bytes`);
      const rendered = renderTemplate(readFileSync(source, 'utf8'), environment);
      if (rendered.missing.length > 0)
        return trouble(`${from} names ${rendered.missing.join(', ')}, which is not set`);
      const target = resolve(workingDir, to);
      mkdirSync(dirname(target), { recursive: true });
      writeAtomically(target, rendered.text, mode & 0o777);
    } catch (error) {
      return trouble(error instanceof Error ? error.message : String(error));
    }
  }
  return null;
}

function trouble(message: string): CommandTrouble {
  return { code: 'E-TEMPLATE', message };
}
