/** The certificate of a TLS service ended yesterday. */
import { connect } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { act, type Fault } from '../fault.ts';
import { pidOf, portOf } from '../drill-stack.ts';
import { restartByHand } from '../hands.ts';
import { writeCertificate } from '../programs/renew.mjs';

/** Why a careful client does not trust it; null: it does. */
async function distrust(port: number, folder: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const ca = readFileSync(join(folder, 'cert.pem'));
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, timeout: 1_000 });
  socket.on('secureConnect', () => resolve(null));
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.on('timeout', () => resolve('timeout'));
  return promise.finally(() => socket.destroy());
}

export const certExpired: Fault = {
  name: 'cert_expired',
  family: 'config',
  unfit: ({ parts }) => (parts.secure === null ? 'no TLS' : null),
  async inject(stack, dice) {
    const { secure } = stack.parts;
    if (secure === null) throw new RangeError('no TLS');
    const { program, folder } = secure;
    writeCertificate(folder, 90, 90 + dice.between(1, 5));
    process.kill(await pidOf(stack, program.service), 'SIGHUP');
    const trusted = async (): Promise<boolean> =>
      (await distrust(await portOf(stack, program.service), folder)) === null;
    return {
      did: `the certificate of ${program.service} ended`,
      signal: {
        what: 'the handshake fails with CERT_HAS_EXPIRED',
        shows: async () =>
          (await distrust(await portOf(stack, program.service), folder)) === 'CERT_HAS_EXPIRED',
      },
      expected: { classes: ['cert_expired'], targets: [program.service] },
      right: [act('cert.renew')],
      cured: async () =>
        new X509Certificate(readFileSync(join(folder, 'cert.pem'))).validToDate.getTime() >
          Date.now() && trusted(),
      async undo() {
        if (await trusted()) return;
        writeCertificate(folder, 90);
        process.kill(await pidOf(stack, program.service), 'SIGHUP');
      },
      tempting: {
        what: `restart ${program.service}`,
        run: () => restartByHand(stack, program.service),
      },
    };
  },
};
