/** Folders with config files for tests; each file of tests removes its own at the end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Service, Stack } from '@fettle/core/stack/service';
import { checkStack, loadStack, type CheckedStack, type LoadOptions } from '../load-stack.ts';

export type Files = Readonly<Record<string, string>>;
export type More = Partial<Omit<LoadOptions, 'dir'>>;

const filesOf = (files: Files | string): Files =>
  typeof files === 'string' ? { 'fettle.yaml': files } : files;

export function stackFolders() {
  const root = mkdtempSync(join(tmpdir(), 'fettle-config-'));
  const folder = (files: Files): string => {
    const dir = mkdtempSync(join(root, 'stack-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    return dir;
  };
  return {
    folder,
    check: (files: Files | string, more: More = {}): CheckedStack =>
      checkStack({ dir: folder(filesOf(files)), env: {}, ...more }),
    load: (files: Files | string, more: More = {}): Stack =>
      loadStack({ dir: folder(filesOf(files)), env: {}, ...more }).stack,
    /** The one service `a` with these keys, one per line. */
    service: (keys: string, more: More = {}): Service => {
      const lines = keys.split('\n').map((line) => `    ${line}`);
      const command = /^command|^entrypoint|^external/m.test(keys) ? [] : ['    command: x'];
      const text = ['services:', '  a:', ...command, ...lines, ''].join('\n');
      const dir = folder({ 'fettle.yaml': text });
      return loadStack({ dir, env: {}, ...more }).stack.services[0]!;
    },
    remove: () => rmSync(root, { recursive: true }),
  };
}
