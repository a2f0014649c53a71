/** Who needs whom: what the config says by `depends_on`, and what connections show. */
import type { Value } from '../expression/expression.ts';
import type { FactWorld, PictureFact } from './fact.ts';
import { serviceOf, serviceParam } from './service-of.ts';

function dependenciesOf(world: FactWorld, name: Value | undefined): readonly string[] | null {
  const service = serviceOf(world, name);
  if (service === null) return null;
  const said = service.definition.dependsOn.map((dependency) => dependency.service);
  const seen = [...service.edges.values()].flatMap(({ peer }) => peer ?? []);
  return [...new Set([...said, ...seen])].filter((other) => other !== service.name);
}

function dependantsOf(world: FactWorld, name: Value | undefined): readonly string[] | null {
  const service = serviceOf(world, name);
  if (service === null) return null;
  return [...world.picture.services.keys()].filter(
    (other) => dependenciesOf(world, other)?.includes(service.name) === true,
  );
}

const services = { list: 'string' } as const;

export const graphFacts: readonly PictureFact[] = [
  {
    name: 'dependencies',
    params: [serviceParam],
    result: services,
    about: 'Services that it needs directly, by `depends_on` or by an observed connection.',
    example: 'all(other in dependencies(target): ready(other))',
    source: 'picture',
    answer: (world, [name]) => dependenciesOf(world, name),
  },
  {
    name: 'dependants',
    params: [serviceParam],
    result: services,
    about: 'Services that need it directly.',
    example: 'count(dependants(target)) > 0',
    source: 'picture',
    answer: (world, [name]) => dependantsOf(world, name),
  },
  {
    name: 'neighbours',
    params: [serviceParam],
    result: services,
    about: 'Both: what it needs and what needs it, itself left out.',
    example: 'any(other in neighbours(target): became_failing_since_start(other))',
    source: 'picture',
    answer: (world, [name]) => {
      const needs = dependenciesOf(world, name);
      return needs === null ? null : [...new Set([...needs, ...(dependantsOf(world, name) ?? [])])];
    },
  },
];
