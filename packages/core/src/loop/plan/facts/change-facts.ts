/** What changed before: the change ledger, asked by service, kind and time. */
import type { Change } from '../../collect/change.ts';
import type { Value } from '../expression/expression.ts';
import type { FactParam, FactWorld, PictureFact } from './fact.ts';
import { instancesOf, serviceOf, serviceParam } from './service-of.ts';

const kinds = [
  'any',
  'config',
  'file',
  'secret',
  'deploy',
  'flag',
  'scale',
  'port',
  'command',
  'runbook',
  'drill',
] as const;
const kindParam: FactParam = { name: 'kind', type: 'string', oneOf: kinds };

/** Our own runs are no reason to look for somebody else's change, unless they are asked for. */
function changesOf(world: FactWorld, [name, kind]: readonly Value[]): readonly Change[] | null {
  const service = serviceOf(world, name);
  if (service === null) return null;
  return world.picture.changes.filter(
    (change) =>
      (change.service === null || change.service === service.name) &&
      (kind === 'any' ? change.kind !== 'runbook' : change.kind === kind),
  );
}

export const changeFacts: readonly PictureFact[] = [
  {
    name: 'changed',
    params: [serviceParam, kindParam, { name: 'window', type: 'duration', fallback: 900_000 }],
    result: 'boolean',
    about:
      'Was there a change of that kind (`any`: whatever kind) on it or on the whole stack, in the last 15 min unless told?',
    example: "changed(target, 'deploy', 15m)",
    source: 'picture',
    answer: (world, args) => {
      const [, , window] = args;
      const changes = changesOf(world, args);
      if (changes === null || typeof window !== 'number') return null;
      return changes.some(({ atMs }) => world.nowMs - atMs <= window);
    },
  },
  {
    name: 'changed_since_up',
    params: [serviceParam, kindParam],
    result: 'boolean',
    about:
      'Was there such a change after its running instances had started? Then they still work with what was before.',
    example: "changed_since_up(target, 'secret')",
    source: 'picture',
    answer: (world, args) => {
      const service = serviceOf(world, args[0]);
      const changes = changesOf(world, args);
      if (service === null || changes === null) return null;
      const starts = instancesOf(service).flatMap(({ runSinceMs }) => runSinceMs ?? []);
      if (starts.length === 0) return null;
      const oldestMs = Math.min(...starts);
      return changes.some(({ atMs }) => atMs > oldestMs);
    },
  },
  {
    name: 'commanded',
    params: [serviceParam, { name: 'window', type: 'duration', fallback: 1_800_000 }],
    result: 'boolean',
    about: 'Did somebody command it through Fettle in the last 30 min unless told?',
    example: 'not commanded(target, 10m)',
    source: 'picture',
    answer: (world, [name, window]) => {
      const service = serviceOf(world, name);
      if (service === null || typeof window !== 'number') return null;
      return service.commandedMs !== null && world.nowMs - service.commandedMs <= window;
    },
  },
];
