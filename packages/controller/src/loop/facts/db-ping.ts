/**
 * `db_ping(service, timeout)`: does the database answer a question of its own protocol? Where that
 * is not known, its own health check is asked. `{ok, ms, error}`.
 */
import type { HealthCheck } from '@fettle/core/stack/health-check';
import type { Service } from '@fettle/core/stack/service';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { placeOf } from '../../health/run-place.ts';
import { openProbe } from '../../probes/all.ts';
import { protocolOf } from '../exam/ask-protocol.ts';
import { dial } from '../exam/dial.ts';
import { addressOf } from './known-address.ts';
import {
  numberArgument,
  ownTimeoutMs,
  textArgument,
  type FactContext,
  type ShellFact,
} from './shell-fact.ts';

const defaultMs = 2_000;
/** Of the whole time, what the connection may take. */
const connectShare = 0.5;

export const dbPing: ShellFact = {
  name: 'db_ping',
  async answer(args, context) {
    const { world } = context;
    const name = textArgument(args, 0);
    const service = world.link.stack()?.services.find((one) => one.name === name);
    const address = addressOf(name, world);
    if (service === undefined) return null;
    if (address === null) return { ok: false, ms: null, error: 'no address' };
    const timeoutMs = ownTimeoutMs(numberArgument(args, 1) ?? defaultMs, context.timeoutMs);
    const protocol = protocolOf(schemeOf(service), address.port, service);
    const beganMs = performance.now();
    const ms = (): number => Math.round((performance.now() - beganMs) * 10) / 10;
    const check = protocol === null ? checkOf(service) : null;
    if (check !== null) return probed(service, check, timeoutMs, context);
    const connectTimeoutMs = timeoutMs * connectShare;
    const answerTimeoutMs = timeoutMs - connectTimeoutMs;
    const dialled = await dial({
      ...address,
      protocol,
      path: null,
      connectTimeoutMs,
      answerTimeoutMs,
    });
    if (dialled.tcp !== 'ok') return { ok: false, ms: ms(), error: dialled.tcp };
    if (dialled.answers === true) return { ok: true, ms: ms(), error: null };
    return { ok: false, ms: ms(), error: dialled.answers === false ? 'silent' : 'no answer' };
  },
};

function schemeOf({ externalUrl }: Service): string | null {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(externalUrl ?? '')?.[1]?.toLowerCase() ?? null;
}

/** One that asks the server itself; what a log or a heartbeat said is no answer of now. */
function checkOf({ healthChecks }: Service): HealthCheck | null {
  const asks = (kind: string): HealthCheck | undefined =>
    healthChecks.find(({ probe }) => probe.kind === kind);
  return asks('http') ?? asks('exec') ?? asks('ws') ?? asks('tcp') ?? null;
}

async function probed(
  service: Service,
  check: HealthCheck,
  timeoutMs: number,
  { world }: FactContext,
): Promise<Value> {
  const view = world.link.instances().find((one) => one.service === service.name) ?? null;
  const probe = openProbe(
    check.probe,
    placeOf(service, () => view),
    () => undefined,
  );
  const beganMs = performance.now();
  try {
    const { ok, detail, answer } = await probe.run(timeoutMs);
    const ms = Math.round((performance.now() - beganMs) * 10) / 10;
    return { ok, ms, error: ok ? null : answer === 'silent' ? 'silent' : detail };
  } finally {
    probe.close();
  }
}
