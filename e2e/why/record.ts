/** Writes what a program printed as a golden case for the unit tests, made neutral. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endedInput, type GoldenHeader } from '@fettle/core/loop/diagnose/causes/golden.contract';
import { explain } from '@fettle/core/loop/diagnose/explain';
import type { Death } from './direct.ts';
import type { DyingProgram } from './dying-program.ts';
import type { World } from './world.ts';

const goldenFolder = fileURLToPath(
  new URL('../../packages/core/src/loop/diagnose/causes/golden/', import.meta.url),
);
/** Ports as they stand in golden files. */
const neutralPorts: Readonly<Record<string, string>> = {
  CLOSED_PORT: '5432',
  HELD_PORT: '8000',
  SILENT_PORT: '9000',
  TLS_PORT: '8443',
  HTTP_PORT: '8080',
};

export function recordGolden(program: DyingProgram, death: Death, world: World): void {
  let text = death.lines.join('\n');
  for (const [name, port] of Object.entries(world.environment))
    text = text.replaceAll(port, neutralPorts[name] ?? port);
  text = text
    .replaceAll(death.folder, '/srv/shop/api')
    .replaceAll(dirname(process.execPath), '/usr/bin')
    .replaceAll(/\/\S*\/(lib\/python3\.\d+)/g, '/usr/$1')
    .replaceAll(/^==\d+==|^\[\d+:0x[\da-f]+\]/gm, '[4711:0x1]')
    .replaceAll(/0x[\da-f]{6,}/g, '0x7f0000000000');
  const header = { command: program.command, code: death.code, posixSignal: death.posixSignal };
  const why = explain(endedInput(header, text.split('\n')));
  const golden: GoldenHeader = {
    ...header,
    cause: why?.cause ?? '',
    sentence: why?.sentence ?? '',
  };
  writeFileSync(join(goldenFolder, `${program.name}.txt`), `${JSON.stringify(golden)}\n${text}`);
}
