/** `fettle demo`: a stack in a temporary folder that breaks three times, explained, and is gone. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { StatusDocument } from '@fettle/sdk/api/status';
import { exitCodes, type CommandModule } from '../command.ts';
import { writeDemo } from '../demo/demo-stack.ts';
import { lessons, type Lesson, type Stage } from '../demo/lessons.ts';
import { emit } from '../emit.ts';
import { ownRoot } from '../own-program.ts';
import { pauseMs } from '../pause.ts';
import { isJson, usageError, type Session } from '../session.ts';
import { fitCharset } from '../terminal/ascii.ts';
import { paint } from '../terminal/paint.ts';

const untilMs = 30_000;
const lookMs = 150;

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[lesson]', `only this: ${lessons.map(({ name }) => name).join(', ')}`)
      .option('--keep', 'leave the stack running and its folder in place');
  },
  async run(session, input) {
    const [name] = input.args;
    const played = lessons.filter((lesson) => name === undefined || lesson.name === name);
    if (played.length === 0)
      throw usageError(
        `there is no lesson ${name}`,
        `one of: ${lessons.map((one) => one.name).join(', ')}`,
      );
    const dir = writeDemo();
    const keep = input.options['keep'] === true;
    const scene = sceneOf(session, dir);
    try {
      const results = await play(scene, played);
      const document = { schema: 'fettle.demo/v1', dir: keep ? dir : null, lessons: results };
      await emit(session, document, () => '');
      return results.every(({ problems }) => problems.length === 0)
        ? exitCodes.ok
        : exitCodes.failed;
    } finally {
      if (keep) session.output.say(`kept: fettle -C ${dir} status      and fettle -C ${dir} down`);
      else await clean(scene);
    }
  },
};

type Result = Readonly<{ name: string; problems: readonly string[]; seconds: number }>;
type Scene = Readonly<{ session: Session; dir: string; stage: Stage; tell(text: string): void }>;

async function play(scene: Scene, played: readonly Lesson[]): Promise<readonly Result[]> {
  const { session, dir, stage, tell } = scene;
  const { look } = session.output;
  tell(`Three services in ${dir}: a database, an api that needs it, and a worker.`);
  await stage.show('up -d --wait');
  const results: Result[] = [];
  for (const [index, lesson] of played.entries()) {
    await enter(session);
    if (session.interrupts.signal.aborted) break;
    const head = `${index + 1} of ${played.length}: ${lesson.title}`;
    tell(`\n${paint(look, 'bold', `── ${head} ──`)}`);
    const startMs = performance.now();
    const problems = await lesson.play(stage);
    for (const problem of problems) session.output.complain(`not as promised: ${problem}\n`);
    const seconds = Number(((performance.now() - startMs) / 1_000).toFixed(1));
    results.push({ name: lesson.name, problems, seconds });
  }
  tell(`\nThat was all: the stack and its folder are removed.
next: fettle init --from …, or a fettle.yaml of your own, then fettle up`);
  return results;
}

function sceneOf(session: Session, dir: string): Scene {
  const { output } = session;
  const tell = (text: string): void => {
    const fitted = fitCharset(`${text}\n`, output.look.unicode);
    if (!isJson(session)) output.print(fitted);
  };
  const env = { ...session.env, XDG_RUNTIME_DIR: join(dir, 'run') };
  const color = output.look.color ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };
  const call = (words: readonly string[], more = {}) =>
    runOwn(['-C', dir, ...words], { ...env, ...color, ...more });
  const status = async (): Promise<StatusDocument> =>
    JSON.parse((await call(['status', '--json'])).stdout) as StatusDocument;
  const stage: Stage = {
    dir,
    tell,
    status,
    async show(words) {
      tell(paint(output.look, 'link', `$ fettle ${words}`));
      const columns = Number.isFinite(output.look.columns) ? String(output.look.columns) : '';
      const ran = await call(words.split(' '), columns === '' ? {} : { COLUMNS: columns });
      tell(indented(ran.all.replaceAll(` -C ${dir}`, '')));
      return ran.stdout;
    },
    async until(done) {
      const endMs = performance.now() + untilMs;
      for (;;) {
        const found = await status();
        if (done(found)) return found;
        if (performance.now() > endMs || session.interrupts.signal.aborted) return null;
        await pauseMs(lookMs, session.interrupts.signal);
      }
    },
  };
  return { session, dir, stage, tell };
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, '  ');
}

/** As somebody types it: the very program. */
async function runOwn(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<{ stdout: string; all: string }>> {
  const child = spawn(join(ownRoot, 'fettle'), words, {
    env,
    // Ctrl-C is ours: the command that runs comes to its end, then we clean up.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', all: '' };
  child.stdout.on('data', (chunk) => (said.stdout += String(chunk)));
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (said.all += String(chunk)));
  await new Promise<void>((resolve) => child.once('close', () => resolve()));
  return said;
}

/** Waits for Enter where a person looks on. */
async function enter({ flags, output, interrupts }: Session): Promise<void> {
  if (!flags.input || !output.look.tty || process.stdin.isTTY !== true) return;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    await lines.question('\nEnter goes on, Ctrl-C ends it … ', { signal: interrupts.signal });
  } catch {
    // Ctrl-C: the loop sees it.
  } finally {
    lines.close();
  }
}

async function clean({ session, dir, stage }: Scene): Promise<void> {
  const env = { ...session.env, XDG_RUNTIME_DIR: join(dir, 'run') };
  await runOwn(['-C', stage.dir, 'down'], env);
  rmSync(dir, { recursive: true, force: true });
}
