/**
 * What is to be said of a service that somebody else runs: its state, why, and what would make it
 * easier to keep. Every sentence names the fact that it comes from.
 */
import type { FoundService } from './find-services.ts';
import type { Manager } from './manager-of.ts';

/** What one port answered; null figures: it was not asked, or is no HTTP. */
export type PortAnswer = Readonly<{
  port: number;
  /** `refused`: nobody took the connection. `silent`: taken, and no answer in time. */
  result: 'answers' | 'silent' | 'refused' | 'not asked';
  /** Path that was asked last, and its status. */
  path: string | null;
  status: number | null;
  tookMs: number | null;
}>;

export type FoundState = 'ok' | 'starting' | 'degraded' | 'failing';

/** What was seen of it before, while we watched. */
export type Earlier = Readonly<{
  /** Times that a root process was another one. */
  replaced: number;
  sinceMs: number;
}>;

export type Judged = Readonly<{
  state: FoundState;
  why: string | null;
  suggestions: readonly string[];
}>;

type Verdict = Readonly<{ state: FoundState; why: string }>;

/** A process this young is still starting when its port does not answer yet. */
const youngMs = 10_000;
/** More than this many replaced processes while we watch are a crash loop. */
const manyReplaced = 2;

export function judgeFound(
  service: FoundService,
  answers: readonly PortAnswer[],
  earlier: Earlier | null = null,
): Judged {
  const verdicts = [
    ...stopped(service),
    ...looping(service, earlier),
    ...answering(service, answers),
    ...linking(service),
  ];
  const worst = (['failing', 'degraded', 'starting'] as const).find((state) =>
    verdicts.some((verdict) => verdict.state === state),
  );
  return {
    state: worst ?? 'ok',
    why: verdicts.find(({ state }) => state === worst)?.why ?? null,
    suggestions: suggestionsFor(service, answers),
  };
}

function stopped({ instances }: FoundService): readonly Verdict[] {
  return instances.flatMap(({ root }): readonly Verdict[] => {
    if (root.state === 'T')
      return [{ state: 'failing', why: `pid ${root.pid} is stopped by a signal (state T)` }];
    if (root.state === 't')
      return [{ state: 'degraded', why: `pid ${root.pid} is held by a debugger` }];
    return [];
  });
}

function looping({ manager }: FoundService, earlier: Earlier | null): readonly Verdict[] {
  if (earlier === null || earlier.replaced === 0) return [];
  const times = earlier.replaced === 1 ? 'once' : `${earlier.replaced} times`;
  const seconds = Math.max(1, Math.round(earlier.sinceMs / 1_000));
  const who = manager === 'nobody' ? 'It was' : `${titles[manager]} has`;
  const verb = manager === 'nobody' ? 'started again' : 'started it again';
  const why = `${who} ${verb} ${times} in the ${seconds} s that we watched`;
  return [{ state: earlier.replaced > manyReplaced ? 'failing' : 'degraded', why }];
}

function answering(
  { instances, listening }: FoundService,
  answers: readonly PortAnswer[],
): readonly Verdict[] {
  const ages = instances.map(({ root }) => root.ageMs ?? Infinity);
  const isYoung = Math.min(...ages) < youngMs;
  return answers.flatMap(({ port, result, path, status }): readonly Verdict[] => {
    const waiting = listening.find((one) => one.port === port)?.unaccepted ?? 0;
    if (result === 'silent') {
      const queue = waiting > 0 ? `; ${waiting} connections wait to be accepted` : '';
      return [
        {
          state: isYoung ? 'starting' : 'failing',
          why: `port ${port} takes connections and does not answer${queue}`,
        },
      ];
    }
    if (result === 'refused')
      return [{ state: isYoung ? 'starting' : 'failing', why: `port ${port} refuses connections` }];
    if (status !== null && status >= 500)
      return [{ state: 'degraded', why: `GET ${path} on port ${port} answers ${status}` }];
    return [];
  });
}

function linking({ links }: FoundService): readonly Verdict[] {
  return links.flatMap(({ state, port, variable, to }): readonly Verdict[] => {
    if (state === 'nobody listens')
      return [
        {
          state: 'degraded',
          why: `${variable ?? 'its environment'} names port ${port} here, and nobody listens there`,
        },
      ];
    if (state === 'connecting')
      return [{ state: 'degraded', why: `it waits for a connection to ${to}` }];
    return [];
  });
}

export const titles: Readonly<Record<Manager, string>> = {
  pm2: 'PM2',
  supervisord: 'supervisord',
  'process-compose': 'process-compose',
  foreman: 'Foreman',
  honcho: 'Honcho',
  systemd: 'systemd',
  container: 'a container engine',
  nobody: 'nobody',
};

function suggestionsFor(service: FoundService, answers: readonly PortAnswer[]): readonly string[] {
  const { manager, instances, listening, links } = service;
  const found: string[] = [];
  if (manager === 'nobody') found.push('nobody starts it again when it dies');
  if (manager === 'foreman' || manager === 'honcho')
    found.push(`${titles[manager]} ends the others when it dies, and starts nothing again`);
  const plain = answers.find(({ result, path }) => result === 'answers' && path === '/');
  if (plain !== undefined && (plain.status ?? 500) < 500)
    found.push(`no health path on port ${plain.port}: \`health: /\` would do, /healthz is better`);
  const health = answers.find(({ path, status }) => path !== '/' && (status ?? 500) < 400);
  if (health?.path !== undefined && health.path !== null)
    found.push(`\`health: ${health.path}\` answers ${health.status}`);
  const open = listening.find(({ address }) => address === '0.0.0.0' || address === '::');
  if (open !== undefined)
    found.push(`port ${open.port} is open to other machines: listen on 127.0.0.1 if none needs it`);
  const names = links.filter(({ state, to }) => state === 'connected' && !to.includes(':'));
  if (names.length > 0)
    found.push(`\`depends_on: [${[...new Set(names.map(({ to }) => to))].join(', ')}]\``);
  if (instances.some(({ root }) => root.uid === 0)) found.push('it runs as root');
  return found;
}
