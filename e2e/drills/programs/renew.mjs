// Writes a key and a certificate that is signed by itself: renew.mjs FOLDER [DAYS [AGE_DAYS]].
// X.509 by hand (RFC 5280), so that it needs no openssl.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length];
  return Buffer.concat([Buffer.from([tag, ...size.map((byte) => byte & 0xff)]), body]);
}

const sequence = (...parts) => der(0x30, ...parts);
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const octets = (...parts) => der(0x04, ...parts);
const ecdsaWithSha256 = () => sequence(oid('2a8648ce3d040302'));
const name = (text) =>
  sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text, 'utf8')))));
const time = (ms) =>
  der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

function extensions(host) {
  const names = sequence(der(0x82, Buffer.from(host)), der(0x87, Buffer.from([127, 0, 0, 1])));
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
  return der(
    0xa3,
    sequence(
      sequence(oid('551d11'), octets(names)),
      sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), octets(isAuthority)),
    ),
  );
}

/** PEM of a new key and of its certificate, valid between the two times (epoch ms). */
export function selfSigned(host, fromMs, toMs) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256(),
    name(host),
    sequence(time(fromMs), time(toMs)),
    name(host),
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(host),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, ecdsaWithSha256(), der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

const dayMs = 86_400_000;

/** Valid from `ageDays` ago for `days`; both files are replaced whole. */
export function writeCertificate(folder, days, ageDays = 0) {
  const fromMs = Date.now() - ageDays * dayMs - 60_000;
  const { key, certificate } = selfSigned('localhost', fromMs, fromMs + days * dayMs);
  for (const [file, text] of [
    ['key.pem', key],
    ['cert.pem', certificate],
  ]) {
    writeFileSync(join(folder, `${file}.new`), text, { mode: 0o600 });
    renameSync(join(folder, `${file}.new`), join(folder, file));
  }
}

if (process.argv[1] === import.meta.filename) {
  const [, , folder, days = '90', age = '0'] = process.argv;
  writeCertificate(folder, Number(days), Number(age));
  console.log(`renewed for ${days} days`);
}
