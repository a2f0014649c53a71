/** Which service an address means, and whether it is the one that the registry has. */
import type { EndpointExam } from '../collect/exam.ts';
import type { ServicePicture } from '../collect/picture.ts';
import type { Situation } from './decision-rule.ts';
import { linksOf } from './neighbours.ts';
import { isAlive, portsOf } from './vitals.ts';

/** Connections are looked at every few seconds. */
const freshMs = 20_000;
const localHost = /^(?:127\.|localhost$|::1$|0\.0\.0\.0$|\[?::\]?$)/;

export function isLocal(host: string): boolean {
  return localHost.test(host);
}

/** An address as it stands in a setting: which setting, and its scheme where it has one. */
export type Setting = Readonly<{ name: string; scheme: string | null; host: string; port: number }>;

/** Addresses in the environment that the config file gives it. */
export function settingsOf(service: ServicePicture): readonly Setting[] {
  const environment = service.definition.environment;
  return Object.entries(environment).flatMap(([name, value]) => {
    const url =
      /^(?:([a-z][\w+.-]*):\/\/)?(?:[^@\s/]*@)?(\[[\da-fA-F:]+\]|[\w.-]+):(\d{2,5})(?:[/?#]|$)/.exec(
        value,
      );
    if (url !== null)
      return [{ name, scheme: url[1] ?? null, host: url[2] ?? '', port: Number(url[3]) }];
    const host = environment[name.replace(/PORT$/, 'HOST')];
    return name.endsWith('PORT') && name !== 'PORT' && /^\d{2,5}$/.test(value)
      ? [{ name, scheme: null, host: host ?? '127.0.0.1', port: Number(value) }]
      : [];
  });
}

const databaseSchemes = /^(?:postgres(?:ql)?|mysql|mariadb|redis|mongodb(?:\+srv)?|amqp|memcached)/;

/** The dependency that this address is meant to reach; null: cannot be told. */
export function meantBy(
  situation: Situation,
  address: Readonly<Pick<EndpointExam, 'host' | 'port' | 'behind'> & { peer?: string | null }>,
): ServicePicture | null {
  const { picture, service } = situation;
  const told = address.peer ?? address.behind ?? null;
  // An address that it had itself, before its port moved, is no way to anybody.
  if (told === service.name) return null;
  if (told !== null) return picture.services.get(told) ?? null;
  const needs = linksOf(picture, service.name).flatMap(({ to }) => picture.services.get(to) ?? []);
  const byPort = needs.find((one) => portsOf(one).includes(address.port));
  if (byPort !== undefined) return byPort;
  const hinted = hintedBy(situation, needs, address.port);
  if (hinted !== null) return hinted;
  const setting = settingsOf(service).find(({ port }) => port === address.port);
  if (setting !== undefined) {
    const plain = (text: string): string => text.toLowerCase().replace(/[^a-z\d]/g, '');
    const named = needs.find(({ name }) => plain(setting.name).includes(plain(name)));
    if (named !== undefined) return named;
    const stores = needs.filter(({ kind }) => kind === 'database');
    if (databaseSchemes.test(setting.scheme ?? '') && stores.length === 1) return stores[0] ?? null;
  }
  return onlyOneLeft(situation, needs);
}

const databaseWords = /quer(?:y|ies)|\bsql\b|database|\bdb\b|storage|redis|postgres|mysql|mongo/i;

/** The lines that complain of this port may name the service, or speak of a database. */
function hintedBy(
  { complaints }: Situation,
  needs: readonly ServicePicture[],
  port: number,
): ServicePicture | null {
  const text = complaints
    .filter((one) => one.port === port)
    .map((one) => one.text)
    .join('\n');
  const named = needs.find(({ name }) => mentions(text, name));
  if (named !== undefined) return named;
  const stores = needs.filter(({ kind }) => kind === 'database');
  return databaseWords.test(text) && stores.length === 1 ? (stores[0] ?? null) : null;
}

/** Is the service named in the text as a word of its own? */
export function mentions(text: string, name: string): boolean {
  if (name.length < 3) return false;
  const at = text.toLowerCase().indexOf(name.toLowerCase());
  const around = `${text[at - 1] ?? ' '}${text[at + name.length] ?? ' '}`;
  return at >= 0 && !/[\w-]/.test(around);
}

/** Services to which it holds connections as of late. */
export function metBy({ picture, service, nowMs }: Situation): ReadonlySet<string> {
  const fresh = [...service.edges.values()].filter(({ atMs }) => nowMs - atMs <= freshMs);
  const ports = new Set(fresh.map(({ port }) => port));
  const known = [...picture.services.values()].filter((one) =>
    portsOf(one).some((port) => ports.has(port)),
  );
  const met = [...fresh.flatMap(({ peer }) => peer ?? []), ...known.map(({ name }) => name)];
  return new Set(met);
}

/** Of several dependencies the one to which no connection was seen. */
function onlyOneLeft(
  situation: Situation,
  needs: readonly ServicePicture[],
): ServicePicture | null {
  if (needs.length === 1) return needs[0] ?? null;
  const met = metBy(situation);
  const left = needs.filter(({ name }) => !met.has(name));
  return left.length === 1 ? (left[0] ?? null) : null;
}

/** Its port or host is none that the service meant by it has. */
export function differsFromRegistry(
  peer: ServicePicture,
  at: Readonly<{ host: string; port: number }>,
): boolean {
  const views = [...peer.instances.values()].flatMap(({ view }) => view.port ?? []);
  if (views.length === 0) return false;
  if (!views.some(({ port }) => port === at.port)) return true;
  return !views.some(({ port, host }) => port === at.port && sameHost(host, at.host));
}

function sameHost(listens: string, asked: string): boolean {
  if (/^(?:0\.0\.0\.0|::|\*|)$/.test(listens) || listens === asked) return true;
  return isLoopback(listens) && isLoopback(asked);
}

function isLoopback(host: string): boolean {
  return /^(?:127\.0\.0\.1|localhost)$/.test(host);
}

/** The straight way to a service: its own address, whatever the caller uses. */
export function directTo(situation: Situation, peer: ServicePicture): EndpointExam | null {
  const ports = portsOf(peer);
  const all = [situation.exam, ...situation.exams.values()].flatMap((one) => one?.endpoints ?? []);
  return all.find((one) => one.peer === peer.name && ports.includes(one.port)) ?? null;
}

/** Runs, and answers when it is asked directly, as far as anything tells. */
export function isFineDirectly(situation: Situation, peer: ServicePicture): boolean {
  const direct = directTo(situation, peer);
  if (direct !== null)
    return direct.tcp === 'ok' && direct.answers !== false && (direct.answerMs ?? 0) < 500;
  const checks = [...peer.checks.values()];
  return isAlive(peer) && checks.length > 0 && checks.every(({ last }) => last.up !== false);
}
