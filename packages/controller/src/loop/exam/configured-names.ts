/** Host names in a service's variables and arguments; addresses are no names. */
import { isIP } from 'node:net';
import type { Service } from '@fettle/core/stack/service';
import { addressesIn, addressesOfVariables } from './named-addresses.ts';

export function configuredNames(
  service: Pick<Service, 'environment' | 'command'>,
): ReadonlySet<string> {
  const found = [
    ...addressesOfVariables(service.environment),
    ...service.command.flatMap(addressesIn),
  ];
  return new Set(found.map(({ host }) => host).filter((host) => isIP(host) === 0));
}
