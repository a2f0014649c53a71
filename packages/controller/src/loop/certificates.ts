/** When certificates end: those in files that a service names, and those of its HTTPS checks. */
import { X509Certificate } from 'node:crypto';
import { open } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Service } from '@fettle/core/stack/service';
import { addressText } from '../probes/address.ts';

export type CertificateEnd = Readonly<{
  /** File or `host:port`. */
  place: string;
  notAfterMs: number;
}>;

type ServerAt = Readonly<{ host: string | null; port: number | null }>;

const maxBytes = 65_536;
const maxPlaces = 20;
const certificateFile = /\.(?:pem|crt|cer)$/i;
const tlsMs = 2_000;

/** Of all of a service's places; what cannot be read is left out. */
export async function certificateEnds(service: Service): Promise<readonly CertificateEnd[]> {
  const files = certificateFiles(service).map(fileEnd);
  const endpoints = tlsPlaces(service).map(endpointEnd);
  const ends = await Promise.all([...files, ...endpoints]);
  return ends.filter((end) => end !== null);
}

/** Existing or not. */
export function certificateFiles(service: Service): readonly string[] {
  const { command, environment, configs = [], workingDir } = service;
  const words = [...command.flatMap((one) => one.split(/[\s=]+/)), ...Object.values(environment)];
  const named = words
    .filter((word) => certificateFile.test(word) && word.length < 500)
    .map((word) => (isAbsolute(word) ? word : resolve(workingDir, word)));
  const declared = configs.map(({ path }) => path).filter((path) => certificateFile.test(path));
  return [...new Set([...declared, ...named])].slice(0, maxPlaces);
}

/** Where its own health checks speak TLS: the only addresses that are asked. */
function tlsPlaces({ healthChecks }: Service): readonly URL[] {
  return healthChecks.flatMap(({ probe }) => {
    if (probe.kind === 'certificate') return serverPlace(probe);
    if (probe.kind !== 'http' && probe.kind !== 'ws') return [];
    const url = URL.parse(probe.target);
    return url?.protocol === 'https:' || url?.protocol === 'wss:' ? [url] : [];
  });
}

/** Of the own port nothing is known here; its check says when the certificate ends. */
function serverPlace({ host, port }: ServerAt): readonly URL[] {
  if (port === null) return [];
  const url = URL.parse(`https://${addressText({ host: host ?? '127.0.0.1', port })}`);
  return url === null ? [] : [url];
}

/** The first certificate of the file, which is the service's own in a chain. */
async function fileEnd(path: string): Promise<CertificateEnd | null> {
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.alloc(maxBytes);
      const { bytesRead } = await file.read(buffer, 0, maxBytes, 0);
      const { validTo } = new X509Certificate(buffer.subarray(0, bytesRead));
      return { place: path, notAfterMs: Date.parse(validTo) };
    } finally {
      await file.close();
    }
  } catch {
    // Missing, unreadable, or a key: no certificate, no end.
    return null;
  }
}

async function endpointEnd({ hostname, port }: URL): Promise<CertificateEnd | null> {
  // Loaded only where a check speaks TLS.
  const { connect } = await import('node:tls');
  const host = hostname.replaceAll(/^\[|\]$/g, '');
  const number = port === '' ? 443 : Number(port);
  const { promise, resolve: settle } = Promise.withResolvers<CertificateEnd | null>();
  // Not verified, since an expired one is what we look for; nothing is sent over it.
  const socket = connect({ host, port: number, servername: host, rejectUnauthorized: false });
  const timer = setTimeout(() => settle(null), tlsMs);
  socket.once('error', () => settle(null));
  socket.once('secureConnect', () => {
    const notAfterMs = Date.parse(socket.getPeerCertificate().valid_to);
    settle(Number.isNaN(notAfterMs) ? null : { place: `${host}:${number}`, notAfterMs });
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.on('error', () => undefined);
    socket.destroy();
  }
}
