/** `npm run bench NAME`: runs one measurement and writes its figures to `bench/results/`. */

type Bench = Readonly<{ run: (args: readonly string[]) => Promise<void> }>;

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  logs: () => import('./logs.ts'),
  supervise: () => import('./supervise.ts'),
  templates: () => import('./templates.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`usage: npm run bench ${Object.keys(benches).join('|')}`);
  process.exit(2);
}
await (await bench()).run(args);
