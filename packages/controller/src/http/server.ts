/**
 * The HTTP server: one set of routes behind a TCP listener and a Unix socket.
 *
 * Every request meets, in this order: correlation, security headers, the guard, its schema, its
 * handler; every failure leaves as a problem document.
 */
import type { Server } from 'node:http';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { nodeHttp } from '@fettle/sdk/builtin';
import { FettleError } from '@fettle/sdk/fettle-error';
import type { ApiParts } from './api-parts.ts';
import { addCommandRoutes } from './command-routes.ts';
import { echoCorrelation, requestIdOf } from './correlation.ts';
import { addErrorRoutes } from './error-routes.ts';
import { addEventRoutes } from './event-routes.ts';
import { createGuard } from './guard.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addLinkRoutes } from './link-routes.ts';
import { addDeliveryRoutes } from './delivery-routes.ts';
import { addIncidentRoutes } from './incident-routes.ts';
import { addRunbookRoutes } from './runbook-routes.ts';
import { addLogRoutes } from './log-routes.ts';
import { addMetricsRoutes } from './metrics-routes.ts';
import { addOpenApiRoute } from './openapi-route.ts';
import { addPingRoutes, pingSpecs } from './ping-routes.ts';
import { addPortRoutes } from './port-routes.ts';
import { asFettleError, pathOf, sendProblem } from './problem.ts';
import { createRoutes } from './route.ts';
import { addServiceRoutes } from './service-routes.ts';
import { countStartups } from './startup-times.ts';
import { createStaticFiles, securityHeaders } from './static-files.ts';
import { addStatusRoutes } from './status-routes.ts';
import { addStreamRoutes } from './stream-routes.ts';
import { createStreamSlots } from './stream-slots.ts';
import { addWatchRoutes } from './watch-routes.ts';
import { addTokenRoutes } from './token-routes.ts';

export type ApiOptions = Readonly<{
  parts: ApiParts;
  /** Address of the TCP listener: decides whether tokens are required. */
  host: string;
  allowedHosts: readonly string[];
  /** Called with each mistake of ours (status 500). */
  onError: (
    error: unknown,
    request: Readonly<{ method: string; path: string; id: string }>,
  ) => void;
}>;

export type Api = Readonly<{
  /** Listens; answers the port. @throws Node's error when it is taken. */
  listenTcp(port: number): Promise<number>;
  listenUnix(path: string): Promise<void>;
  /** Ends streams at once and the rest within a moment. */
  close(): Promise<void>;
}>;

const bodyLimitBytes = 65_536;
const handlerMs = 15_000;
const receiveMs = 10_000;
const headersMs = 5_000;
const keepAliveMs = 20_000;
/** A stream of logs that resumes names a place for each of its instances. */
const maxHeaderBytes = 131_072;
const maxConnections = 2_048;

export async function createApi(options: ApiOptions): Promise<Api> {
  const { parts } = options;
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    http: { maxHeaderSize: maxHeaderBytes },
    handlerTimeout: handlerMs,
    genReqId: (request) => requestIdOf(request as never),
    logger: false,
    exposeHeadRoutes: true,
    ajv: { customOptions: { coerceTypes: 'array', removeAdditional: false, allErrors: false } },
    routerOptions: { maxParamLength: 256 },
  });
  const unix = nodeHttp().createServer({ maxHeaderSize: maxHeaderBytes }, (request, response) =>
    app.routing(request, response),
  );
  const isLocalSocket = (request: FastifyRequest): boolean =>
    (request.raw.socket as unknown as { server?: Server }).server === unix;
  const startups = countStartups(parts.journal);
  const slots = createStreamSlots();
  const connections = connectionCounter([app.server, unix]);
  setHooks(app, options, isLocalSocket);

  const routes = createRoutes(app, parts);
  addStatusRoutes(routes, parts);
  addServiceRoutes(routes, parts);
  addEventRoutes(routes, parts);
  addErrorRoutes(routes, parts);
  addCommandRoutes(routes, parts);
  addPortRoutes(routes, parts);
  addLinkRoutes(routes, parts);
  addWatchRoutes(routes, parts);
  addLogRoutes(routes, parts, slots);
  addIncidentRoutes(routes, parts);
  addDeliveryRoutes(routes, parts);
  addRunbookRoutes(routes, parts);
  const hub = addStreamRoutes(routes, parts, slots);
  addMetricsRoutes(routes, parts, { startups, connections, streams: slots.count });
  addHealthRoutes(routes, parts);
  addTokenRoutes(routes, parts);
  addPingRoutes(app, parts);
  addOpenApiRoute(routes, parts, pingSpecs);
  setNotFound(app, parts, () => [...routes.all(), ...pingSpecs]);
  await app.ready();
  for (const server of [app.server, unix]) setDeadlines(server);

  return {
    async listenTcp(port) {
      await listening(app.server, () => app.server.listen({ host: options.host, port }));
      const address = app.server.address();
      return typeof address === 'object' && address !== null ? address.port : port;
    },
    listenUnix: (path) => listening(unix, () => unix.listen(path)),
    async close() {
      hub.close();
      startups.stop();
      for (const server of [app.server, unix]) server.closeAllConnections();
      await Promise.all([closed(app.server), closed(unix)]);
      await app.close();
    },
  };
}

function setHooks(
  app: FastifyInstance,
  options: ApiOptions,
  isLocalSocket: (request: FastifyRequest) => boolean,
): void {
  const { host, allowedHosts, parts } = options;
  const guard = createGuard({ host, allowedHosts, tokens: parts.tokens, isLocalSocket });
  app.addHook('onRequest', (request, reply, next) => {
    echoCorrelation(request, reply);
    void reply.headers(securityHeaders);
    next();
  });
  app.addHook('onRequest', guard);
  app.setErrorHandler((error, request, reply) => {
    const told = asFettleError(error);
    if (told.status >= 500 && told.code === 'E-INTERNAL')
      options.onError(error, { method: request.method, path: pathOf(request), id: request.id });
    if (told.status === 401) void reply.header('www-authenticate', 'Bearer realm="fettle"');
    return sendProblem(reply, told);
  });
  // An empty body with a JSON content type is what many clients send with a POST.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch (cause) {
      const hint = 'send valid JSON';
      done(new FettleError('E-API-INPUT', 'the body is not valid JSON', { hint, cause }));
    }
  });
}

/** 405 with Allow where the path exists under another method; the dashboard's views; else 404. */
function setNotFound(
  app: FastifyInstance,
  parts: ApiParts,
  specs: () => readonly Readonly<{ method: string; path: string }>[],
): void {
  const files = createStaticFiles(parts.dashboardDir);
  let patterns: readonly Readonly<{ method: string; pattern: RegExp }>[] | null = null;
  app.setNotFoundHandler((request, reply) => {
    const reading = request.method === 'GET' || request.method === 'HEAD';
    if (reading && files.send(request, reply)) return reply;
    const path = pathOf(request);
    patterns ??= specs().map(({ method, path }) => ({
      method,
      pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
    }));
    const fitting = patterns.filter(({ pattern }) => pattern.test(path));
    const methods = new Set(fitting.map(({ method }) => method));
    if (methods.size === 0)
      return sendProblem(
        reply,
        new FettleError('E-API-ROUTE', `there is no ${path}`, {
          hint: 'see /api/openapi.json for what there is',
          status: 404,
        }),
      );
    if (methods.has('GET')) methods.add('HEAD');
    const allowed = [...methods].join(', ');
    void reply.header('allow', allowed);
    const message = `${path} does not take ${request.method}`;
    const hint = `use ${allowed}`;
    return sendProblem(reply, new FettleError('E-API-METHOD', message, { hint, status: 405 }));
  });
}

function setDeadlines(server: Server): void {
  server.requestTimeout = receiveMs;
  server.headersTimeout = headersMs;
  server.keepAliveTimeout = keepAliveMs;
  server.maxConnections = maxConnections;
}

function connectionCounter(servers: readonly Server[]): () => number {
  let open = 0;
  for (const server of servers)
    server.on('connection', (socket) => {
      open += 1;
      socket.once('close', () => (open -= 1));
    });
  return () => open;
}

function listening(server: Server, start: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (): void => {
    server.off('error', reject);
    resolve();
  };
  server.once('error', reject);
  server.once('error', () => server.off('listening', settle));
  server.once('listening', settle);
  start();
  return promise;
}

function closed(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (!server.listening) return Promise.resolve();
  server.close(() => resolve());
  return promise;
}
