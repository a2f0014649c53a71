/** How ports are written: `8000`, `8000-8009`, lists, `auto`, Compose's `ports:`. */
import type { PortRange } from '@fettle/core/stack/port';
import { flag, parsed, text } from '../shape/scalars.ts';
import {
  filled,
  key,
  listOf,
  mapped,
  mapOf,
  oneOf,
  type NamedEntry,
  type Shape,
} from '../shape/shape.ts';
import { mapping } from '../shape/mapping.ts';

export type PortWish = Readonly<{
  preferred: readonly PortRange[];
  host: string | null;
  fallback: boolean;
  /** Of Compose's `ports`: the port inside a container. */
  target?: PortRange;
}>;

export const portWanted =
  'a port from 1 to 65535, a range such as 8000-8009, a list of these, or auto';

/** Null: no port or range. */
export function parsePortRange(written: string): PortRange | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(written);
  if (match === null) return null;
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  return from >= 1 && from <= to && to <= 65_535 ? { from, to } : null;
}

const json = {
  anyOf: [
    { type: 'integer', minimum: 1, maximum: 65_535 },
    { type: 'string', pattern: '^[0-9]{1,5}(-[0-9]{1,5})?$|^auto$|\\$' },
  ],
};

export const portRange: Shape<PortRange> = parsed(
  { wanted: 'a port from 1 to 65535, or a range such as 8000-8009', code: 'E-CONFIG-PORT', json },
  parsePortRange,
);

const oneWish = parsed({ wanted: portWanted, code: 'E-CONFIG-PORT', json }, (written) => {
  if (written === 'auto' || written === '0') return { preferred: [], host: null, fallback: true };
  const range = parsePortRange(written);
  return range === null ? null : { preferred: [range], host: null, fallback: true };
});

const wishList = filled(
  mapped(listOf(portRange, portWanted), (items) => ({
    preferred: items.map((item) => item.value),
    host: null,
    fallback: true,
  })),
);

const host = parsed(
  {
    wanted: 'an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::1',
    code: 'E-CONFIG-VALUE',
    json: { type: 'string' },
  },
  (written) =>
    /^(?:[0-9.]{7,15}|[0-9a-f:.]*:[0-9a-f:.]*|localhost)$/i.test(written) ? written : null,
);

export const portObjectKeys = {
  prefer: key(oneOf(portWanted, [wishList, oneWish]), 'fettle', 'The ports to try, in this order.'),
  host: key(host, 'fettle', 'The address to listen on; 127.0.0.1 unless told.'),
  fallback: key(flag, 'fettle', 'May any free port serve when these are taken? true unless told.'),
} as const;

const wishObject = mapped(
  mapping(portObjectKeys, { wanted: portWanted }),
  ({ prefer, host: address, fallback }): PortWish => ({
    preferred: prefer?.value.preferred ?? [],
    host: address?.value ?? null,
    fallback: fallback?.value ?? true,
  }),
);

export const portWish: Shape<PortWish> = oneOf<PortWish>(portWanted, [
  oneWish,
  wishList,
  wishObject,
]);

/** Compose's short form `[[host:]published:]target[/protocol]`: the host's side of it. */
const publishedShort = parsed(
  {
    wanted: 'ports such as "8000", "8000:80" or "127.0.0.1:8000:80"',
    code: 'E-CONFIG-PORT',
    json: { type: ['string', 'integer'] },
  },
  (written): PortWish | null => {
    const match = /^(?:(?:(\[[^\]]+\]|[0-9.]+):)?([0-9-]*):)?([0-9-]+)(?:\/(?:tcp|udp))?$/.exec(
      written,
    );
    const target = parsePortRange(match?.[3] ?? '');
    if (match === null || target === null) return null;
    const published = match[2] === undefined || match[2] === '' ? target : parsePortRange(match[2]);
    if (published === null) return null;
    return {
      preferred: [published],
      host: match[1]?.replaceAll(/[[\]]/g, '') ?? null,
      fallback: true,
      target,
    };
  },
);

export const publishedKeys = {
  target: key(
    portRange,
    'compose',
    'The port inside a container; used when `published` is absent.',
  ),
  published: key(portRange, 'compose', 'The port on this machine.'),
  host_ip: key(host, 'compose', 'The address to listen on.'),
  protocol: key(text(), 'compose', 'tcp or udp.'),
  mode: key(text(), 'compose', 'Accepted, without effect.'),
  name: key(text(), 'compose', 'A name for people.'),
  app_protocol: key(text(), 'compose', 'Accepted, without effect.'),
} as const;

const publishedLong = mapped(
  mapping(publishedKeys, { wanted: 'a port with `published`' }),
  ({ target, published, host_ip: address }): PortWish => {
    const range = published?.value ?? target?.value;
    return {
      preferred: range === undefined ? [] : [range],
      host: address?.value ?? null,
      fallback: true,
      ...(target === undefined ? {} : { target: target.value }),
    };
  },
);

export const publishedPorts = listOf<PortWish>(
  oneOf<PortWish>('a port such as "8000:80"', [publishedShort, publishedLong]),
  'a list of ports such as ["8000:80"]',
);

const rangeList: Shape<readonly PortRange[]> = filled(
  mapped(listOf(portRange), (items) => items.map((item) => item.value)),
);

export const reservedRanges: Shape<readonly NamedEntry<readonly PortRange[]>[]> = mapOf(
  oneOf('a range such as 8000-8099, or a list of ranges', [
    rangeList,
    mapped(portRange, (range): readonly PortRange[] => [range]),
  ]),
  'classes with their ranges, such as {web: 8000-8099}',
);
