/** Writes a measurement with what one needs to judge it: machine, runtime, commit, moment. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const results = fileURLToPath(new URL('../results/', import.meta.url));

export function writeResult(name: string, result: Readonly<Record<string, unknown>>): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const dirty = execFileSync('git', ['status', '--porcelain', '-uno'], { encoding: 'utf8' }) !== '';
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
    node: process.version,
  };
  mkdirSync(results, { recursive: true });
  const at = new Date().toISOString();
  const file = `${results}${name}.json`;
  const text = JSON.stringify({ bench: name, at, commit, dirty, machine, ...result }, null, 2);
  writeFileSync(file, `${text}\n`);
  console.error(`written to bench/results/${name}.json`);
}
