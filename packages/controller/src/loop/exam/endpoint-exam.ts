/** Tries every address that matters to a service, all at once, and says who is there. */
import { networkInterfaces } from 'node:os';
import type { EndpointExam } from '@fettle/core/loop/collect/exam';
import { countClients, type ClientCounts } from './clients-of.ts';
import { within } from './deadline.ts';
import { dial, type Dialed } from './dial.ts';
import { dialOften } from './dial-often.ts';
import type { ExamContext } from './exam-context.ts';
import { isLoopbackHost } from './named-addresses.ts';
import { portOwner } from './owner-of-port.ts';
import { wantedEndpoints, type WantedEndpoint } from './wanted-endpoints.ts';

const connectTimeoutMs = 1_000;
const answerTimeoutMs = 1_200;
const dialMs = 2_500;

export async function examineEndpoints(context: ExamContext): Promise<readonly EndpointExam[]> {
  const wanted = wantedEndpoints(context);
  if (wanted.length === 0) return [];
  // Counted before we connect: our own attempt is no client of anybody.
  const clients = clientsOf(wanted, context);
  const late: Dialed = { tcp: 'timeout', connectMs: null, answers: null, answerMs: null };
  const timeouts = { connectTimeoutMs, answerTimeoutMs };
  return Promise.all(
    wanted.map(async (one): Promise<EndpointExam> => {
      const asked = { ...one, ...timeouts };
      const once = await within(dialMs, dial(asked), late);
      const dialed = isDetour(one) ? await within(dialMs, dialOften(asked, once), once) : once;
      const { peer, behind = null, host, port, from } = one;
      return { peer, behind, host, port, from, ...dialed, ...listenerAt(one, clients, context) };
    }),
  );
}

/** A configured way over an address of this machine that no service of the stack has. */
function isDetour({ peer, from, host }: WantedEndpoint): boolean {
  return peer === null && from !== 'log' && isHere(host);
}

function clientsOf(wanted: readonly WantedEndpoint[], context: ExamContext): ClientCounts {
  const near = wanted.filter(({ host }) => isHere(host)).map(({ port }) => port);
  if (context.sockets === null || near.length === 0) return new Map();
  return countClients(new Set(near), context.sockets, context);
}

type Listening = Pick<EndpointExam, 'listening' | 'owner' | 'clients' | 'topClient'>;

function listenerAt(
  { host, port }: WantedEndpoint,
  clients: ClientCounts,
  { deps, sockets }: ExamContext,
): Listening {
  const unknown = { listening: null, owner: null, clients: null, topClient: null };
  if (!isHere(host) || sockets === null) return unknown;
  const owner = portOwner(port, host, deps);
  if (owner === null) return { ...unknown, listening: false };
  const { clients: count = null, topClient = null } = clients.get(port) ?? {};
  return { listening: true, owner, clients: count, topClient };
}

/** An address of this machine. A name other than localhost is not asked for. */
function isHere(host: string): boolean {
  if (isLoopbackHost(host)) return true;
  return Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => address === host),
  );
}
