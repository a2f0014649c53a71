/**
 * Which address a configured host name last had, so that it can be pinned when the name server is
 * gone. Names that no configuration holds are never asked for.
 */
import { lookup } from 'node:dns/promises';
import type { Disposer, SupervisorLink } from '../parts.ts';
import { configuredNames } from './exam/configured-names.ts';

export type NameMemory = Readonly<{
  /** null: never resolved since the controller began. */
  lastGood(host: string): string | null;
  stop: Disposer;
}>;

const everyMs = 60_000;
const maxNames = 200;

export function openNameMemory(
  link: Pick<SupervisorLink, 'stack' | 'onSnapshot'>,
  resolve: (host: string) => Promise<string> = async (host) => (await lookup(host)).address,
): NameMemory {
  const good = new Map<string, string>();
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    const services = link.stack()?.services ?? [];
    const names = new Set(services.flatMap((service) => [...configuredNames(service)]));
    names.delete('localhost');
    for (const host of [...names].slice(0, maxNames))
      await resolve(host).then(
        (address) => good.set(host, address),
        // What it had before stays: that is what the memory is for.
        () => undefined,
      );
    asking = false;
  };
  const dispose = link.onSnapshot(() => void ask());
  const timer = setInterval(() => void ask(), everyMs).unref();
  void ask();
  return {
    lastGood: (host) => good.get(host) ?? null,
    stop() {
      dispose();
      clearInterval(timer);
    },
  };
}
