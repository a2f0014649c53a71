/**
 * Certificates: how long every one of the chain is still valid; where a name is asked for, also
 * whom it is made out to and whether somebody trusted says so. Nothing is sent over the
 * connection.
 * Sources: RFC 5280 (validity), RFC 9525 (names).
 */
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { formatDuration } from '@fettle/sdk/duration';
import { addressText, requireAddress, serverAddress } from './address.ts';
import { startDeadline } from './deadline.ts';
import { seenFromError } from './net-error.ts';
import type { Address, ProbeKind, ProbeOf, Seen } from './probe.ts';
import { readAuthority } from './tls-options.ts';

const dayMs = 86_400_000;
const maxChain = 10;

export const certificateProbe: ProbeKind<'certificate'> = {
  kind: 'certificate',
  address: serverAddress,
  open(probe, place) {
    const address = requireAddress(probe, place);
    return { run: (timeoutMs) => look(address, probe, timeoutMs), close() {} };
  },
};

async function look(
  address: Address,
  probe: ProbeOf<'certificate'>,
  timeoutMs: number,
): Promise<Seen> {
  // Loaded only where a certificate is looked at.
  const tls = await import('node:tls');
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const name = probe.serverName ?? (isIP(address.host) === 0 ? address.host : null);
  const socket = tls.connect({
    ...address,
    // Judged here: an expired certificate shall be told as such, not as a failed handshake.
    rejectUnauthorized: false,
    ...(name === null ? {} : { servername: name }),
    ...(probe.ca === null ? {} : { ca: readAuthority(probe.ca) }),
  });
  const finish = (seen: Seen): void => {
    deadline.clear();
    resolve(seen);
    socket.destroy();
  };
  const deadline = startDeadline(timeoutMs, () => {
    const detail = `no TLS handshake with ${addressText(address)} in ${formatDuration(timeoutMs)}`;
    finish({ ok: false, detail, answer: 'silent' });
  });
  socket.on('error', (error: NodeJS.ErrnoException) => finish(seenFromFailure(error, address)));
  socket.once('secureConnect', () => {
    const chain = chainOf(socket);
    const wrongName = (): string | null => {
      const own = chain[0];
      if (probe.serverName === null || own === undefined) return null;
      return tls.checkServerIdentity(probe.serverName, own) === undefined
        ? null
        : `it is made out to ${namesOf(own)}, not to ${probe.serverName}`;
    };
    finish(judge(chain, { probe, wrongName, socket, nowMs: Date.now() }));
  });
  return promise;
}

/** The server's own first; its authority last. */
function chainOf(socket: TLSSocket): readonly DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  let one: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (one?.valid_to !== undefined && chain.length < maxChain) {
    chain.push(one);
    const issuer: DetailedPeerCertificate | undefined = one.issuerCertificate;
    one = issuer === one || issuer?.fingerprint256 === one.fingerprint256 ? undefined : issuer;
  }
  return chain;
}

type Trial = Readonly<{
  probe: ProbeOf<'certificate'>;
  wrongName: () => string | null;
  socket: TLSSocket;
  nowMs: number;
}>;

function judge(
  chain: readonly DetailedPeerCertificate[],
  { probe, wrongName, socket, nowMs }: Trial,
): Seen {
  const first = chain
    .map((one, at) => ({ one, at, endMs: Date.parse(one.valid_to) }))
    .toSorted((a, b) => a.endMs - b.endMs)[0];
  if (first === undefined || Number.isNaN(first.endMs)) return bad('the server shows none');
  const what = first.at === 0 ? 'the certificate' : `${subjectOf(first.one)}, which it rests on,`;
  const day = new Date(first.endMs).toISOString().slice(0, 10);
  const leftMs = first.endMs - nowMs;
  if (leftMs <= 0) return bad(`${what} ended ${timeText(-leftMs)} ago, on ${day}`);
  const begins = chain.find(({ valid_from: from }) => Date.parse(from) > nowMs);
  if (begins !== undefined)
    return bad(`${subjectOf(begins)} is not valid before ${begins.valid_from}`);
  const name = wrongName();
  if (name !== null) return bad(name);
  const asksTrust = probe.serverName !== null || probe.ca !== null;
  // A name was judged above, and by our own words.
  const distrust = socket.authorized ? null : String(socket.authorizationError);
  if (asksTrust && distrust !== null && !/ALTNAME/.test(distrust))
    return bad(`it is not trusted: ${distrust}`);
  if (leftMs < probe.leftMs)
    return bad(
      `${what} ends in ${timeText(leftMs)}, on ${day}; wanted are ${timeText(probe.leftMs)}`,
    );
  return { ok: true, detail: `valid for ${timeText(leftMs)}, until ${day}`, answer: 'answered' };
}

function timeText(ms: number): string {
  const days = Math.floor(ms / dayMs);
  if (days >= 2) return `${days} days`;
  return formatDuration(Math.round(ms / 60_000) * 60_000);
}

function subjectOf({ subject }: DetailedPeerCertificate): string {
  return String(subject?.CN ?? subject?.O ?? 'a certificate without a name');
}

function namesOf(one: DetailedPeerCertificate): string {
  const names = one.subjectaltname ?? subjectOf(one);
  return names.replaceAll(/\b(?:DNS|IP Address):/g, '').slice(0, 80);
}

function seenFromFailure(error: NodeJS.ErrnoException, address: Address): Seen {
  const code = error.code ?? '';
  return /^ERR_(?:SSL|TLS)|^EPROTO$/.test(code)
    ? bad(`no TLS: ${code}`)
    : seenFromError(error, address);
}

function bad(detail: string): Seen {
  return { ok: false, detail, answer: 'answered' };
}
