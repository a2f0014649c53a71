/**
 * Valid configs from a seed: the ground that malformed ones are made of. One key per line, so that
 * a mutation knows its line.
 */

export type Random = Readonly<{
  below(bound: number): number;
  pick<T>(items: readonly T[]): T;
}>;

/** mulberry32 (Tommy Ettinger): small, and the same everywhere. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return { below, pick: (items) => items[below(items.length)]! };
}

/** Keys with values that are right. Each may stand in any service. */
const validLines: Readonly<Record<string, readonly string[]>> = {
  restart: ['always', 'on-failure:3', 'unless-stopped', '"no"'],
  stop_signal: ['SIGINT', 'SIGTERM'],
  stop_grace_period: ['10s', '1m30s'],
  environment: ['{A: "1", B: two}', '[A=1, B]', '{URL: "${HOME:-/home}/x"}'],
  deploy: ['{replicas: 2, resources: {limits: {memory: 512m, cpus: "0.5"}}}'],
  mem_limit: ['256m', '1g'],
  labels: ['{tier: back}', '[tier=back]'],
  scale: ['2', '1-4'],
  required: ['false', 'true'],
  health: [
    '/healthz',
    'tcp',
    '{http: /ready, interval: 2s, retries: 2}',
    '[/a, {tcp: true, name: t}]',
  ],
  ulimits: ['{nofile: 1024}', '{nofile: {soft: 10, hard: 20}}'],
  healthcheck: ['{test: [CMD, true], interval: 5s, retries: 2}'],
  working_dir: ['.'],
};

export type ValidConfig = Readonly<{ lines: readonly string[]; services: readonly string[] }>;

export function validConfig(source: Random): ValidConfig {
  const services = ['web', 'api', 'worker', 'ledger'].slice(0, 2 + source.below(3));
  const lines = [`name: shop${source.below(9)}`, 'services:'];
  for (const [index, name] of services.entries()) {
    lines.push(`  ${name}:`, `    command: node ${name}.js`, `    port: ${8000 + index * 10}`);
    const next = services[index + 1];
    if (next !== undefined)
      lines.push(
        `    depends_on: ${source.pick([`[${next}]`, `{${next}: {condition: service_healthy}}`])}`,
      );
    const keys = Object.keys(validLines);
    const skip = source.below(3) + 1;
    for (let at = source.below(3); at < keys.length; at += skip) {
      const key = keys[at]!;
      // A fixed number of replicas and a range could contradict each other.
      if (key === 'scale' && lines.at(-1)?.includes('replicas') === true) continue;
      if (key === 'scale' || key === 'deploy') {
        if (at % 2 === 0) lines.push(`    ${key}: ${validLines[key]![0]}`);
      } else lines.push(`    ${key}: ${source.pick(validLines[key]!)}`);
    }
  }
  return { lines, services };
}
