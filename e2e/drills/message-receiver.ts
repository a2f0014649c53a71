/** A real receiver of incident messages: it answers, keeps what came, and checks the signature. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Message = Readonly<{
  /** `dev.fettle.incident.opened`. */
  type: string;
  /** The incident: messages of one subject are one conversation. */
  subject: string;
  signed: boolean;
}>;

export type MessageReceiver = Readonly<{
  url: string;
  messages: readonly Message[];
  close(): void;
}>;

/** `secret` as in the daemon's environment, in base64 after `whsec_`. */
export async function openMessageReceiver(secret: string): Promise<MessageReceiver> {
  const messages: Message[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const event = JSON.parse(body) as { type: string; subject: string };
      const given = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
        String(request.headers[name] ?? ''),
      );
      messages.push({
        type: event.type,
        subject: event.subject,
        signed: isSigned(secret, body, given),
      });
      response.writeHead(204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening', { signal: AbortSignal.timeout(5_000) });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/incidents`,
    messages,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** As Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`. */
function isSigned(secret: string, body: string, [id, at, signature = '']: string[]): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest();
  const given = Buffer.from(signature.replace(/^v1,/, '').split(' ')[0] ?? '', 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
