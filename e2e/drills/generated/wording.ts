/**
 * What programs of a generated stack say, in several people's words, and in which format. Texts of
 * the operating system and the runtime (`{error}`) are never ours.
 */
import type { Dice } from '../dice.ts';

export const styles = ['plain', 'pino', 'python', 'logfmt', 'go', 'java'] as const;
export type Style = (typeof styles)[number];

export const accessFormats = [
  'combined',
  'nginx',
  'common',
  'uvicorn',
  'gunicorn',
  'morgan',
  'pino-http',
] as const;
export type AccessFormat = (typeof accessFormats)[number];

/** Those that tell how long a request took. */
export const timedFormats = ['nginx', 'gunicorn', 'morgan', 'pino-http'] as const;

/** What one program was written to say, by event. */
export type Voice = Readonly<Record<string, string>>;

const phrases: Readonly<Record<string, readonly string[]>> = {
  listening: [
    'listening on port {port}',
    'server started, port={port}',
    'now accepting connections on :{port}',
    'ready, bound to 127.0.0.1:{port}',
  ],
  leaving: ['shutting down', 'received SIGTERM, stopping', 'graceful shutdown', 'bye'],
  ready: ['started', 'worker up', 'initialised, waiting for work', 'entering main loop'],
  'no-listen': [
    'cannot listen on {port}: {error}',
    'failed to start server: {error}',
    'bind failed: {error}',
  ],
  'bad-config': [
    'cannot parse {file}: {error}',
    'invalid configuration in {file}: {error}',
    'config error: {error} ({file})',
    'could not load settings from {file}: {error}',
  ],
  'missing-env': [
    'missing required environment variable {name}',
    'environment variable {name} is not set',
    '{name} must be set',
    'configuration: required variable {name} is missing',
  ],
  'request-failed': [
    'request failed path={path}: {error}',
    'error while serving {path}: {error}',
    'unhandled error in handler for {path}: {error}',
    '{path} failed with {error}',
  ],
  'db-failed': [
    'database query failed: {error}',
    'could not reach the database: {error}',
    'storage error: {error}',
    'cache/db access failed: {error}',
    'query error: {error}',
  ],
  'pool-timeout': [
    'timed out after {ms}ms waiting for a free connection (max {max})',
    'connection pool exhausted: no connection available within {ms} ms',
    'pool acquire timeout ({ms} ms, pool size {max})',
    'QueuePool limit of size {max} reached, connection timed out, timeout {ms}',
  ],
  'upstream-failed': [
    'call to {name} failed: {error}',
    'upstream {name} error: {error}',
    '{name} did not answer: {error}',
    'dependency {name} unavailable: {error}',
  ],
  'round-failed': ['round failed: {error}', 'cycle aborted: {error}', 'iteration error: {error}'],
  'round-done': ['{count} done so far', 'processed {count}', 'progress: {count}'],
  busy: ['served {count} so far', 'handled {count} requests', 'stats: {count} requests'],
  saved: ['snapshot of {keys} keys written', 'checkpoint complete, {keys} keys', 'saved {keys}'],
  'job-taken': ['processing job {job}', 'picked up {job}', 'starting {job}', 'job={job} begin'],
  'write-failed': [
    'cannot write {file}: {error}',
    'write failed: {error}',
    'failed to append to {file}: {error}',
    'I/O error on {file}: {error}',
  ],
  'writing-again': ['writing again', 'recovered, writes succeed', 'output resumed'],
  'peer-joined': ['bridge connected', 'client said hello', 'link up'],
  'peer-lost': ['connection to peer failed: {error}', 'peer lost: {error}', 'link error: {error}'],
  linked: [
    'linked to peer, protocol {version}',
    'handshake ok (v{version})',
    'peer speaks v{version}',
  ],
  'pong-late': [
    'no pong for {ms} ms',
    'heartbeat overdue: last pong {seconds}s ago',
    'peer silent for {seconds}s',
  ],
  'version-mismatch': [
    'config version mismatch: ours {ours}, peer {theirs}',
    'handshake refused: peer has config version {theirs}, we have {ours}',
    'protocol version mismatch (local={ours}, remote={theirs})',
  ],
  'version-here': [
    'refused a client with version {theirs}, want {ours}',
    'hello rejected: version {theirs} != {ours}',
    'version mismatch: client {theirs}, server {ours}',
  ],
  'no-interpreter': [
    '{command}: command not found ({error})',
    'cannot run helper: {error}',
    'interpreter {command} not found: {error}',
  ],
  'handshake-failed': ['TLS handshake failed: {error}', 'tls error: {error}', 'ssl alert: {error}'],
  reloaded: ['certificate reloaded', 'configuration reloaded', 'SIGHUP: reloaded'],
  visits: [
    '{served} visits, {failed} failed {reason}',
    'ok={served} errors={failed} {reason}',
    'last window: {served} good, {failed} bad {reason}',
  ],
  'auth-refused': [
    'WRONGPASS invalid username-password pair or user is disabled.',
    'FATAL password authentication failed for user "{user}"',
    "ERR Access denied for user '{user}'@'localhost' (using password: YES)",
  ],
  'auth-refused-here': [
    'authentication failed for user "{user}"',
    'login refused: {user}',
    'bad password from {user}',
  ],
  'too-many': [
    'ERR max number of clients reached',
    'FATAL sorry, too many clients already',
    'ERR Too many connections',
  ],
  'too-many-here': [
    'connection limit {max} reached',
    'too many connections (max {max})',
    'no slot left for another client, limit is {max}',
  ],
};

/** A program's words: for every event one of its phrasings. */
export function drawVoice(dice: Dice): Voice {
  return Object.fromEntries(
    Object.entries(phrases).map(([event, wordings]) => [event, dice.pick(wordings)]),
  );
}

/** Lines that a program repeats when it floods its log. */
export const floods = [
  'retrying request to upstream immediately, attempt 1',
  'DEBUG cache miss for key user:session, falling back to source',
  'WARN slow path taken because the index is not warm yet',
  'state machine: idle -> idle, nothing to do',
  'deprecated call to legacy formatter, see the migration notes',
] as const;
