// A gRPC server (grpc-js) with the official health service: grpc-server.mjs [KEY CERTIFICATE].
// Listens on PORT or any port, which it prints. `shop.Cart` serves, `shop.Stock` does not, others
// are unknown.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const proto = fileURLToPath(new URL('health.proto', import.meta.url));
const { Health } = grpc.loadPackageDefinition(loadSync(proto, { enums: String, defaults: true }))
  .grpc.health.v1;
const states = { '': 'SERVING', 'shop.Cart': 'SERVING', 'shop.Stock': 'NOT_SERVING' };

const server = new grpc.Server();
if (process.env.WITHOUT_HEALTH !== '1')
  server.addService(Health.service, {
    Check({ request }, answer) {
      const status = states[request.service];
      if (status === undefined) answer({ code: grpc.status.NOT_FOUND, details: 'unknown service' });
      else answer(null, { status });
    },
  });
const [key, certificate] = process.argv.slice(2);
const credentials =
  key === undefined
    ? grpc.ServerCredentials.createInsecure()
    : grpc.ServerCredentials.createSsl(null, [
        { private_key: readFileSync(key), cert_chain: readFileSync(certificate) },
      ]);
server.bindAsync(`127.0.0.1:${process.env.PORT ?? 0}`, credentials, (error, port) => {
  if (error !== null) throw error;
  console.log(`port ${port}`);
});
