/** Turns a client's request into an event, once per idempotency key. */
import type { RequestBody, Snapshot, SupervisorInfo } from '@fettle/core/supervise/protocol';
import type { SuperviseEvent } from '@fettle/core/supervise/event';
import type { SuperviseState } from '@fettle/core/supervise/step';
import { unknownServices } from '@fettle/core/supervise/views';
import type { Stack } from '@fettle/core/stack/service';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { RequestKeys } from './request-keys.ts';

export type RequestOptions = Readonly<{
  state: SuperviseState;
  keys: RequestKeys;
  handle: (event: SuperviseEvent) => void;
  info: () => SupervisorInfo;
  snapshot: () => Snapshot;
  /** Keeps the stack for the next daemon. @throws FettleError E-STATE-WRITE. */
  keepStack: (stack: Stack) => void;
}>;

/**
 * @throws FettleError E-SERVICE-UNKNOWN, E-SCALE-RANGE, E-PORT-FIXED, E-REQUEST-UNKNOWN,
 *   E-STATE-WRITE.
 */
export function answerRequest(
  body: RequestBody,
  key: string | undefined,
  options: RequestOptions,
): unknown {
  if (body.kind === 'info') return options.info();
  if (body.kind === 'snapshot') return options.snapshot();
  if (body.kind === 'was-taken') return { taken: options.keys.has(body.of) };
  refuseAtEnd(options.state);
  const event = eventOf(body, options);
  // Health and SIGCONT say the same twice without harm; the rest is counted before it acts.
  const isAct = body.kind !== 'health' && body.kind !== 'continue';
  if (isAct && key !== undefined && !options.keys.take(key)) return { repeated: true };
  if (body.kind === 'apply') options.keepStack(body.stack);
  options.handle(event);
  return { repeated: false };
}

function eventOf(body: RequestBody, { state }: RequestOptions): SuperviseEvent {
  switch (body.kind) {
    case 'apply':
      refuseNoStack(body.stack);
      return { kind: 'stack-applied', stack: body.stack };
    case 'command': {
      const { command, services, actor, rolling = false } = body;
      refuseUnknown(state, services);
      return { kind: 'command-given', command, services, actor, rolling };
    }
    case 'down':
      return { kind: 'command-given', command: 'down', services: [], actor: body.actor };
    case 'scale': {
      const { service, replicas, actor } = body;
      refuseUnknown(state, [service]);
      refuseRange(state, service, replicas);
      return { kind: 'scale-asked', service, replicas, actor };
    }
    case 'move-port': {
      const { instance, to, actor } = body;
      refuseFixedPort(state, instance, to);
      return { kind: 'port-move-asked', instance, to, actor };
    }
    case 'health': {
      const { token, ready, alive } = body;
      return { kind: 'health-reported', token, ready, alive };
    }
    case 'end':
      return { kind: 'end-asked', token: body.token, reason: body.reason, kill: body.kill };
    case 'continue':
      return { kind: 'found-stopped', token: body.token };
    default:
      throw new FettleError('E-REQUEST-UNKNOWN', `unknown request "${body.kind}"`, {
        hint: 'Use the same release of the CLI and the daemon.',
      });
  }
}

/** Between the last stop and our end nothing is taken that would be lost with us. */
function refuseAtEnd({ halted }: SuperviseState): void {
  if (!halted) return;
  throw new FettleError('E-DAEMON-UNREACHABLE', 'the daemon is just ending', {
    hint: 'Ask again: the next "fettle up" starts a new one.',
    exitCode: 4,
  });
}

function refuseNoStack(stack: unknown): void {
  const { services } = (stack ?? {}) as Partial<Stack>;
  if (Array.isArray(services)) return;
  throw new FettleError('E-REQUEST-UNKNOWN', 'the request carries no stack', {
    hint: 'Use the same release of the CLI and the daemon.',
  });
}

function refuseUnknown(state: SuperviseState, services: readonly string[]): void {
  const [first, ...others] = unknownServices(state, services);
  if (first === undefined) return;
  const known = state.stack?.services.map(({ name }) => name).join(', ') ?? '';
  throw new FettleError('E-SERVICE-UNKNOWN', `no service ${[first, ...others].join(', ')}`, {
    hint: known === '' ? 'Run "fettle up -d" first.' : `Services are: ${known}.`,
    exitCode: 2,
  });
}

/** To end a run for a port that it cannot leave would only cost its time. */
function refuseFixedPort(state: SuperviseState, id: string, to: number | null): void {
  const instance = state.instances.get(id);
  if (instance === undefined) refuseUnknown(state, [id]);
  const request = instance?.service.definition.port ?? null;
  const { fallback = false, preferred = [] } = request ?? {};
  const choices = preferred.reduce((sum, range) => sum + range.to - range.from + 1, 0);
  if (request !== null && (to !== null || fallback || choices > 1)) return;
  throw new FettleError('E-PORT-FIXED', `${id} has no other port to go to`, {
    hint: 'Give the service a range, or "fallback: true".',
    exitCode: 2,
  });
}

function refuseRange(state: SuperviseState, service: string, replicas: number): void {
  const definition = state.stack?.services.find(({ name }) => name === service);
  if (definition === undefined) return;
  const { minReplicas, maxReplicas } = definition;
  if (Number.isInteger(replicas) && replicas >= minReplicas && replicas <= maxReplicas) return;
  const range = `${minReplicas} to ${maxReplicas}`;
  throw new FettleError('E-SCALE-RANGE', `${service} runs in ${range} instances, not ${replicas}`, {
    hint: `Widen "scale" of services.${service}, or choose ${range}.`,
    exitCode: 2,
  });
}
