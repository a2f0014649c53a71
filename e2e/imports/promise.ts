/**
 * The import promise, measured: `node tools/run.mjs e2e/imports/promise.ts [FORMAT]`.
 *
 * Every case is translated, checked, exported and translated again; those whose programs are there
 * are started unmodified by `./fettle up`. Prints a line a case; exit code 1 when one is not kept.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cases, type Case } from './cases.ts';
import { checkCase, environmentOf, folderOf, type Checked } from './check-case.ts';

const fettle = fileURLToPath(new URL('../../fettle', import.meta.url));
const least = { formats: 7, each: 5, all: 70 };

type Started = Readonly<{ ok: boolean; said: string }>;

/** As it stands: nothing is written before `up`. */
export function startCase(one: Case): Started {
  const dir = folderOf(one);
  const runtime = join(dir, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const env = { ...environmentOf(one), XDG_RUNTIME_DIR: runtime, NO_COLOR: '1', LANG: 'C.UTF-8' };
  const run = (...words: readonly string[]) =>
    spawnSync(fettle, words, { cwd: dir, env, encoding: 'utf8', timeout: 60_000 });
  const file = ['-f', one.main === '.' ? dir : join(dir, one.main)];
  // A folder of units is named with its own name; its state lies beside it.
  const where = one.main === '.' ? ['-C', dir] : file;
  try {
    const up = run(...where, 'up', '-d', '--wait', '--wait-timeout', '30s', '--json');
    const document = JSON.parse(up.stdout || '{}') as {
      services?: readonly Readonly<{ name: string; state: string; why: string | null }>[];
    };
    const bad = (document.services ?? []).filter(({ state }) => state !== 'ok' && state !== 'done');
    const names = (document.services ?? []).map(({ name }) => name);
    const ok = up.status === 0 && bad.length === 0 && names.join(' ') === one.services.join(' ');
    const why = bad.map(({ name, state, why: reason }) => `${name} ${state}: ${reason}`).join('; ');
    return { ok, said: ok ? '' : `exit ${up.status} ${why || up.stderr.slice(-300)}` };
  } finally {
    run(...where, 'down');
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What is not as promised; empty: all is. */
export function faultsOf(one: Case, checked: Checked = checkCase(one)): readonly string[] {
  const differs = (what: string, found: readonly string[], wanted: readonly string[]) =>
    found.toSorted().join('|') === wanted.toSorted().join('|')
      ? []
      : [`${what}: ${found.join(', ') || 'none'} instead of ${wanted.join(', ') || 'none'}`];
  return [
    ...checked.problems,
    ...differs('services', checked.services, one.services),
    ...differs('named', checked.named, one.kept),
    ...checked.notKept.map((note) => `named and not kept: ${note}`),
    ...checked.dropped.map((note) => `dropped in silence: ${note}`),
    ...(checked.again === 'other' ? ['another stack after export and import'] : []),
  ];
}

function main(only: string | undefined): void {
  const chosen = cases.filter(({ format }) => only === undefined || format === only);
  let failed = 0;
  const started = { ok: 0, all: 0 };
  console.log('format           case              services  kept  checked  again       starts');
  for (const one of chosen) {
    const checked = checkCase(one);
    const faults = [...faultsOf(one, checked)];
    const start = one.starts ? startCase(one) : null;
    if (start !== null) started.all += 1;
    if (start?.ok === true) started.ok += 1;
    else if (start !== null) faults.push(`does not start: ${start.said}`);
    const counts = [one.services.length, one.kept.length].map((count) => String(count).padStart(4));
    const words = [one.format.padEnd(16), one.name.padEnd(17), `${counts[0]}     `, counts[1]];
    const again = checked.again.padEnd(11);
    const starts = start === null ? '–' : start.ok ? 'yes' : 'NO';
    console.log([...words, ` ${faults.length === 0 ? 'ok' : 'NO'}     `, again, starts].join(' '));
    for (const fault of faults) console.log(`    ${fault}`);
    if (faults.length > 0) failed += 1;
  }
  const formats = new Map<string, number>();
  for (const { format } of chosen) formats.set(format, (formats.get(format) ?? 0) + 1);
  console.log([...formats].map(([format, count]) => `${format} ${count}`).join(', '));
  console.log(
    `${chosen.length} files, ${failed} not as promised; ${started.ok} of ${started.all} start`,
  );
  const enough =
    only !== undefined ||
    (formats.size >= least.formats &&
      [...formats.values()].every((count) => count >= least.each) &&
      chosen.length >= least.all);
  process.exit(failed === 0 && enough ? 0 : 1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv[2]);
