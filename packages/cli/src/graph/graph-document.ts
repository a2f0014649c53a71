/** The dependency graph as data: schema `fettle.graph/v1`. */
import type { Dependency, Service, Stack } from '@fettle/core/stack/service';
import type { State, StatusDocument } from '@fettle/sdk/api/status';

export type GraphNode = Readonly<{
  name: string;
  kind: 'process' | 'job' | 'external';
  required: boolean;
  /** null: no daemon runs it. */
  state: State | null;
  port: number | null;
}>;

/** `from` needs `to`. */
export type GraphEdge = Readonly<{
  from: string;
  to: string;
  condition: Dependency['condition'];
  required: boolean;
  restart: boolean;
}>;

export type GraphDocument = Readonly<{
  schema: 'fettle.graph/v1';
  stack: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
}>;

export function graphOf(stack: Stack, status: StatusDocument | null): GraphDocument {
  const live = new Map(status?.services.map((service) => [service.name, service]));
  return {
    schema: 'fettle.graph/v1',
    stack: stack.name,
    nodes: stack.services.map((service) => ({
      name: service.name,
      kind: kindOf(service),
      required: service.required,
      state: live.get(service.name)?.state ?? null,
      port: live.get(service.name)?.port ?? null,
    })),
    edges: stack.services.flatMap(({ name, dependsOn }) =>
      dependsOn.map(({ service, condition, required, restart }) => ({
        from: name,
        to: service,
        condition,
        required,
        restart,
      })),
    ),
  };
}

function kindOf(service: Service): GraphNode['kind'] {
  if (service.external) return 'external';
  return service.oneShot ? 'job' : 'process';
}
