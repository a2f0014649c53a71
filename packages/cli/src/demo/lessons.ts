/**
 * The three incidents of `fettle demo`: something is broken, Fettle says what, it is mended. A
 * lesson proves its own claims and says when one did not hold.
 */
import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { ServiceStatus, StatusDocument } from '@fettle/sdk/api/status';
import { configName, demoConfig } from './demo-stack.ts';

/** What a lesson may do. */
export type Stage = Readonly<{
  dir: string;
  /** Explains. */
  tell(text: string): void;
  /** Runs a command of ours and shows it with what it prints. */
  show(words: string): Promise<string>;
  status(): Promise<StatusDocument>;
  /** Looks until `done`; null: it did not come. */
  until(done: (status: StatusDocument) => boolean): Promise<StatusDocument | null>;
}>;

export type Lesson = Readonly<{
  name: string;
  title: string;
  /** @returns what did not come as was said; empty: all did. */
  play(stage: Stage): Promise<readonly string[]>;
}>;

export const lessons: readonly Lesson[] = [
  { name: 'crash', title: 'a process dies', play: crash },
  { name: 'config', title: 'a setting is wrong', play: wrongSetting },
  { name: 'hang', title: 'a process lives and does nothing', play: hang },
];

async function crash(stage: Stage): Promise<readonly string[]> {
  const before = of(await stage.status(), 'worker');
  stage.tell(`We kill the worker, as the kernel does to one that takes too much memory:
  $ kill -9 ${before.pid}`);
  process.kill(before.pid ?? 0, 'SIGKILL');
  const after = await stage.until((status) => {
    const worker = of(status, 'worker');
    return worker.state === 'ok' && worker.pid !== before.pid;
  });
  stage.tell('It was back within milliseconds. Nothing had to be asked for:');
  await stage.show('status');
  stage.tell('What happened stays on record, with the exit reason, and the logs go on:');
  const timeline = await stage.show('timeline worker');
  await stage.show('logs worker -n 4');
  return [
    ...(after === null ? ['the worker did not come back'] : []),
    ...(/KILL/.test(timeline) ? [] : ['the timeline does not name the signal']),
  ];
}

async function wrongSetting(stage: Stage): Promise<readonly string[]> {
  stage.tell(`Somebody edits fettle.yaml: the api shall look for its database on port 1. Fettle
says what an edit changes before anything else, and restarts only that:`);
  writeFileSync(join(stage.dir, configName), demoConfig(1));
  await stage.show('up -d');
  const named = await stage.until((status) => of(status, 'api').why?.includes(':1') === true);
  stage.tell(`Restarting cannot mend that, so that it is tried less and less often and shown, never
hidden. Why? One sentence, and what it rests on:`);
  await stage.show('why api');
  stage.tell('The edit is taken back, and applied:');
  writeFileSync(join(stage.dir, configName), demoConfig(null));
  await stage.show('up -d --wait');
  const mended = await stage.until((status) => of(status, 'api').state === 'ok');
  return [
    ...(named === null ? ['the reason does not name the address'] : []),
    ...(mended === null ? ['the api was not mended'] : []),
  ];
}

async function hang(stage: Stage): Promise<readonly string[]> {
  const before = of(await stage.status(), 'api');
  stage.tell(`One request sends the api into an endless loop. Its process lives, its port is open, and a
list of processes shows nothing wrong; only who asks it hears nothing:
  $ curl http://127.0.0.1:${before.port}/hang`);
  get({ port: before.port ?? 0, path: '/hang', timeout: 500 }).on('error', () => undefined);
  stage.tell(`Three checks in a row must fail; then Fettle looks before it acts: what the process did is
captured, and only then it is ended and started anew.`);
  const after = await stage.until((status) => {
    const api = of(status, 'api');
    return api.state === 'ok' && api.pid !== before.pid;
  });
  const why = await stage.show('why api');
  stage.tell('A failure is one incident, from the first symptom to the proof that it is over:');
  await stage.show('incidents');
  return [
    ...(after === null ? ['the api was not restarted'] : []),
    ...(/hung/.test(why) ? [] : ['the hang is not named']),
  ];
}

function of(status: StatusDocument, name: string): ServiceStatus {
  const found = status.services.find((service) => service.name === name);
  if (found === undefined) throw new TypeError(`the demo has no service ${name}`);
  return found;
}
