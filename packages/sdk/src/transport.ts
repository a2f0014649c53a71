/**
 * How the API client reaches the controller: the contract; implementations are in `transports/`.
 *
 * Kept this small so that the CLI (Unix socket), the browser (fetch) and tests differ in one file.
 */

export type HttpRequest = Readonly<{
  method: 'GET' | 'POST';
  /** Path with query, from the root: `/api/v1/status`. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | null;
  /** For `send`: until the whole answer; for `open`: until the headers. Then E-API-TIMEOUT. */
  timeoutMs: number;
  abort: AbortSignal | null;
}>;

export type HttpAnswer = Readonly<{ status: number; contentType: string; text: string }>;

export type HttpStream = Readonly<{
  status: number;
  contentType: string;
  /** Text as it arrives, cut anywhere between characters; ends when the peer ends. */
  chunks: AsyncIterable<string>;
}>;

export type Transport = Readonly<{
  /** What people call the other end: a URL or a socket's path. */
  target: string;
  /** @throws FettleError E-DAEMON-UNREACHABLE, E-API-TIMEOUT */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** @throws FettleError likewise */
  open(request: HttpRequest): Promise<HttpStream>;
}>;
