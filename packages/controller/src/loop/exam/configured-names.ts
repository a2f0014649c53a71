/** Addresses and host names that a service's own configuration holds: what we may ask and call. */
import { isIP } from 'node:net';
import type { Service } from '@fettle/core/stack/service';
import { addressesIn, addressesOf, unique, type NamedAddress } from './named-addresses.ts';
import { settingsOf } from './settings-of.ts';

export function configuredAddresses(service: Service): readonly NamedAddress[] {
  return unique([
    ...(service.externalUrl === null ? [] : addressesIn(service.externalUrl)),
    ...addressesOf(settingsOf(service)),
    ...service.command.flatMap(addressesIn),
  ]);
}

export function configuredNames(service: Service): ReadonlySet<string> {
  const hosts = configuredAddresses(service).map(({ host }) => host);
  return new Set(hosts.filter((host) => isIP(host) === 0));
}
