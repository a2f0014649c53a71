/**
 * SCRAM-SHA-256, the client's side: proves that it knows a password without saying it, and checks
 * that the server knows it, too. Sources: RFC 5802, RFC 7677; PostgreSQL, "SASL Authentication".
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

export type Scram = Readonly<{
  first: string;
  /** null: the server's message makes no sense, or asks for more rounds than we grant. */
  final(serverFirst: string): string | null;
  /** Did the server prove itself? */
  isServer(serverFinal: string): boolean;
}>;

/** PostgreSQL's own number is 4,096; a probe is no place for a million. */
const maxRounds = 100_000;

export function openScram(password: string, nonce = randomBytes(18).toString('base64')): Scram {
  const bare = `n=,r=${nonce}`;
  let expected: Buffer | null = null;
  return {
    first: `n,,${bare}`,
    final(serverFirst) {
      const { r = '', s = '', i = '' } = attributes(serverFirst);
      const rounds = Number(i);
      const makesSense = r.startsWith(nonce) && r.length > nonce.length && s !== '';
      if (!makesSense || !(rounds >= 1 && rounds <= maxRounds)) return null;
      const salted = pbkdf2Sync(
        password.normalize('NFKC'),
        Buffer.from(s, 'base64'),
        rounds,
        32,
        'sha256',
      );
      const unproven = `c=biws,r=${r}`;
      const whole = `${bare},${serverFirst},${unproven}`;
      const clientKey = hmac(salted, 'Client Key');
      const signature = hmac(createHash('sha256').update(clientKey).digest(), whole);
      const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
      expected = hmac(hmac(salted, 'Server Key'), whole);
      return `${unproven},p=${proof.toString('base64')}`;
    },
    isServer(serverFinal) {
      const said = Buffer.from(attributes(serverFinal)['v'] ?? '', 'base64');
      return (
        expected !== null && said.length === expected.length && timingSafeEqual(said, expected)
      );
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function attributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    message.split(',').map((part) => [part.slice(0, 1), part.slice(2)] as const),
  );
}
