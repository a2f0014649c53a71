/**
 * Actions of the vocabulary for which no stack has the means yet (a proxy, managed flags,
 * releases): planned all the same with what a person would do, and never done by us.
 */
import { actionSpecs } from '@fettle/core/loop/plan/action-specs';
import { noMeans } from './act-error.ts';
import { plan, type Action, type ActParams } from './action.ts';
import { targetOf } from './supervised-service.ts';

/** `lacks`: what would be needed. `command`: what a person does instead. */
type Lack = Readonly<{ lacks: string; command: (params: ActParams) => string }>;

const word = (params: ActParams, name: string): string => String(params[name] ?? `<${name}>`);
const proxy = 'a proxy of ours in front of it';

const lacking: Readonly<Record<string, Lack>> = {
  'service.drain': {
    lacks: proxy,
    command: (params) => `take ${word(params, 'target')} out of your load balancer`,
  },
  'breaker.open': {
    lacks: proxy,
    command: (params) =>
      `switch calls of ${word(params, 'target')} to ${word(params, 'dependency')} off, or restart it without that feature`,
  },
  'resilience.set': {
    lacks: proxy,
    command: (params) =>
      `set retries of ${word(params, 'target')} to ${word(params, 'retries')} in its own settings`,
  },
  'resolver.pin': {
    lacks: 'a resolver of ours',
    command: (params) =>
      `echo '${word(params, 'address')} ${word(params, 'host')}' | sudo tee -a /etc/hosts`,
  },
  'traffic.shed': {
    lacks: proxy,
    command: (params) =>
      `limit requests to ${word(params, 'target')} to ${word(params, 'to')} a second in your proxy`,
  },
  'traffic.shift': {
    lacks: proxy,
    command: (params) =>
      `send ${word(params, 'ratio')} of the requests of ${word(params, 'target')} to ${word(params, 'to')} in your proxy`,
  },
  'traffic.admit': {
    lacks: proxy,
    command: (params) =>
      `limit new connections to ${word(params, 'target')} to ${word(params, 'per_second')} a second in your proxy`,
  },
  'flag.set': {
    lacks: 'managed flags',
    command: (params) =>
      `set the flag ${word(params, 'flag')} to ${word(params, 'value')} where you keep it`,
  },
  'deploy.rollback': {
    lacks: 'managed releases',
    command: (params) =>
      `check out the release before, then: fettle up && fettle restart ${word(params, 'target')}`,
  },
  'codefix.propose': {
    lacks: 'a tracker and a model that the config allows',
    command: () => 'open a ticket with the write-up of the incident',
  },
};

function lackingAction(name: string, { lacks, command }: Lack): Action {
  const summary = actionSpecs.get(name)?.summary ?? name;
  const targets = (params: ActParams): readonly string[] =>
    params['target'] === undefined ? [] : [targetOf(params)];
  const refuse = (params: ActParams): never => {
    throw noMeans(`no means for ${name}: it lacks ${lacks}`, `By hand: ${command(params)}`);
  };
  return {
    name,
    describe: (params) => [summary, ...targets(params)].join(': '),
    plan: (params) => Promise.resolve(plan(summary, command(params), targets(params), lacks)),
    capture: (params) => Promise.resolve().then(() => refuse(params)),
    apply: (params) => Promise.resolve().then(() => refuse(params)),
    undo: null,
    observe: () => Promise.resolve('not-done'),
  };
}

export const lackingActions: readonly Action[] = Object.entries(lacking).map(([name, lack]) =>
  lackingAction(name, lack),
);
