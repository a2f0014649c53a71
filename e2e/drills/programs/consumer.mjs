// Takes job files off a folder in order of their names, one at a time.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTerminate, readConfig } from './kit.mjs';
import settings from './settings.mjs';
import { say } from './voice.mjs';

const config = readConfig();
let done = 0;
onTerminate(() => {});

/** A job holds at least one item, says who writes them. */
function work(job) {
  return job.items.reduce((sum, { sku, count }) => sum + sku.length * count, 0);
}

say('info', 'ready', {});
for (;;) {
  const [name] = readdirSync(settings.jobs)
    .filter((one) => one.endsWith('.json'))
    .toSorted();
  if (name !== undefined) {
    say('info', 'job-taken', { job: name });
    work(JSON.parse(readFileSync(join(settings.jobs, name), 'utf8')));
    rmSync(join(settings.jobs, name), { force: true });
    done += 1;
  }
  await fetch(`${process.env.FETTLE_URL}/ping/${settings.name}`, { method: 'POST' }).catch(
    () => {},
  );
  await new Promise((resolve) => setTimeout(resolve, config.roundMs));
  if (done > 0 && done % 20 === 0) say('info', 'round-done', { count: done });
}
