/** What the guard must know of a route, carried in fastify's own `config`. */
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import type { Role } from '../store.ts';

export type RouteConfig = Readonly<{
  /** null: open to anybody who may reach the address. */
  role: Role | null;
  /** A GET that changes something: its origin is checked like a POST's. */
  acts?: boolean;
}>;

export function routeConfig(config: RouteConfig): FastifyContextConfig {
  return config as FastifyContextConfig;
}

/** Routes of fastify's own making (404) have no role. */
export function configOf(request: FastifyRequest): RouteConfig {
  const { role, acts } = request.routeOptions.config as Partial<RouteConfig>;
  return { role: role ?? null, acts: acts ?? false };
}
