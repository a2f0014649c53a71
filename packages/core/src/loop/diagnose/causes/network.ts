/** Causes on the way to somebody else: refused, reset, no answer, no such name, no trust. */
import { logRule, type Evidence, type Rule } from '../rule.ts';
import type { Facts } from '../facts.ts';
import { clip, ownerWords } from '../words.ts';

const address = String.raw`\[?([\w.-]+|[\da-fA-F:]*::?[\da-fA-F:.]+)\]?`;

const refused: readonly RegExp[] = [
  new RegExp(`connect ECONNREFUSED ${address}:(\\d+)`),
  new RegExp(`dial tcp ${address}:(\\d+): (?:connect: )?connection refused`),
  new RegExp(
    `connection to server at "${address}"(?:, | \\([^)]*\\), )port (\\d+) failed: .*refused`,
    'i',
  ),
  new RegExp(`host='${address}', port=(\\d+).*(?:refused|Max retries exceeded)`),
  new RegExp(`Cannot connect to host ${address}:(\\d+)`),
  new RegExp(`Connect call failed \\('${address}', (\\d+)`),
  new RegExp(`Error (?:111|61) connecting to ${address}:(\\d+)`),
  new RegExp(`Failed to connect to ${address} port (\\d+)`),
  new RegExp(
    `(?:connect(?:ion|ing)?|https?:\\/\\/|tcp|at|to)[^\\n]{0,60}?${address}:(\\d+)[^\\n]{0,80}refused`,
    'i',
  ),
  new RegExp(`refused[^\\n]{0,60}?${address}:(\\d+)`, 'i'),
];
const refusedSomewhere: readonly RegExp[] = [
  /ECONNREFUSED/,
  /ConnectionRefusedError/,
  /java\.net\.ConnectException: Connection refused/,
  /Connection refused \(os error 111\)/,
  /\[Errno 111\]/,
  /\bconnection refused\b/i,
];

const refusedAt = logRule({
  id: 'refused-dependency',
  confidence: 0.95,
  patterns: refused,
  say: ({ groups }, facts) => {
    const at = `${groups[1]}:${groups[2]}`;
    return `connection to ${at} refused: ${whoIs(facts, groups[1] ?? '', Number(groups[2]))}`;
  },
  evidence: ({ groups }, facts) => dependencyEvidence(facts, Number(groups[2])),
  next: ({ groups }, facts) => {
    const dependency = dependencyAt(facts, Number(groups[2]));
    return dependency === null ? ['fettle ports'] : [`fettle why ${dependency.service}`];
  },
});

const refusedUnnamed = logRule({
  id: 'refused-unnamed',
  confidence: 0.85,
  patterns: refusedSomewhere,
  say: (_hit, facts) => {
    const down = facts.input.dependencies.filter(({ state }) => state !== 'ok' && state !== 'done');
    const only = down.length === 1 ? down[0] : undefined;
    if (only === undefined)
      return 'a connection was refused; the log does not say by which address';
    const at = only.address === null ? only.service : `${only.service} at ${only.address}`;
    return `a connection was refused, probably by ${at}, which is ${only.state}`;
  },
  next: () => ['fettle links'],
});

const reset = logRule({
  id: 'connection-reset',
  confidence: 0.86,
  patterns: [
    /\b(ECONNRESET)\b/,
    /\b(EPIPE)\b/,
    /ConnectionResetError|BrokenPipeError/,
    /connection reset by peer|broken pipe|socket hang up/i,
    /server closed the connection unexpectedly|RemoteDisconnected/,
  ],
  say: ({ line, index }, facts) => {
    const near = facts.lines.slice(Math.max(0, index - 6), index + 6).join('\n');
    const at = new RegExp(`${address}:(\\d{2,5})\\b`).exec(line);
    if (/EPIPE|BrokenPipe|broken pipe/i.test(line))
      return `wrote to a connection that the other side had closed (broken pipe)`;
    const whom = at === null || /\.[cm]?[jt]s$|\.py$/.test(at[1] ?? '') ? '' : ` ${at[1]}:${at[2]}`;
    const port = /remotePort: (\d+)|port: (\d+)/.exec(near);
    const named = whom === '' && port !== null ? ` on port ${port[1] ?? port[2]}` : whom;
    return `the other side${named} broke the connection off (connection reset) and nobody caught it`;
  },
  next: () => ['fettle links'],
});

const timedOut = logRule({
  id: 'connection-timeout',
  confidence: 0.88,
  patterns: [
    new RegExp(`connect ETIMEDOUT ${address}:(\\d+)`),
    new RegExp(`host='${address}', port=(\\d+).*timed? ?out`, 'i'),
    new RegExp(`dial tcp ${address}:(\\d+): i/o timeout`),
    new RegExp(`Connection to ${address} timed out`),
    /\bETIMEDOUT\b|UND_ERR_CONNECT_TIMEOUT|Connect Timeout Error/,
    /^(?:socket\.timeout|TimeoutError|[\w.]*ConnectTimeout|[\w.]*ReadTimeout)\b/,
    /TimeoutError\]?: (?:The operation was aborted due to timeout|timed out)/,
    /java\.net\.SocketTimeoutException/,
    /connection timed out|operation timed out/i,
  ],
  say: ({ groups }) =>
    groups[1] === undefined || groups[1] === ''
      ? 'gave up waiting for an answer from somebody else (timed out)'
      : `no answer from ${groups[1]}${groups[2] === undefined ? '' : `:${groups[2]}`} in time`,
  next: () => ['fettle links'],
});

const unknownName = logRule({
  id: 'unknown-host',
  confidence: 0.95,
  patterns: [
    /getaddrinfo (ENOTFOUND|EAI_AGAIN) ([\w.-]+)/,
    /could not translate host name "([^"]+)"/,
    /Failed to resolve '([^']+)'/,
    /(?:lookup) ([\w.-]+)(?: on [\d.:]+)?: (?:no such host|server misbehaving)/,
    /Could not resolve host: ([\w.-]+)/,
    /UnknownHostException: ([\w.-]+)/,
    /connecting to ([\w.-]+):\d+\. (?:Name or service not known|Temporary failure)/,
    /gaierror.*|Name or service not known|Temporary failure in name resolution/,
  ],
  say: ({ groups, line }) => {
    const name = groups[2] ?? groups[1];
    const passing = /EAI_AGAIN|Temporary failure/.test(line)
      ? ' (the name server gave no answer)'
      : '';
    return name === undefined || name === ''
      ? `a host name could not be resolved${passing}; the log does not say which`
      : `host name ${clip(name, 60)} cannot be resolved${passing}`;
  },
});

const untrusted = logRule({
  id: 'tls-certificate',
  confidence: 0.94,
  patterns: [
    /CERT_HAS_EXPIRED|certificate has expired|certificate expired/i,
    /DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|self[- ]signed certificate/i,
    /UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to (?:get local issuer|verify the first) certificate/i,
    /ERR_TLS_CERT_ALTNAME_INVALID|Hostname\/IP does not match|doesn't match .*certificate/i,
    /CERTIFICATE_VERIFY_FAILED|x509: certificate|PKIX path building failed/,
    /EPROTO|WRONG_VERSION_NUMBER|wrong version number/,
  ],
  say: ({ index }, facts) => {
    const text = facts.lines.slice(Math.max(0, index - 12), index + 12).join('\n');
    if (/has[_ ]expired|certificate expired/i.test(text))
      return 'the other side shows a TLS certificate that has expired';
    if (/self[-_ ]signed/i.test(text))
      return 'the other side shows a self-signed TLS certificate, which is not trusted';
    if (/ALTNAME|does not match|doesn't match/i.test(text))
      return 'the TLS certificate of the other side is for another host name';
    if (/wrong.version.number|EPROTO/i.test(text))
      return 'spoke TLS to a port that does not (wrong version number)';
    return 'the TLS certificate of the other side is not trusted (unknown issuer)';
  },
});

type DependencyFact = Facts['input']['dependencies'][number];

function dependencyAt(facts: Facts, port: number): DependencyFact | null {
  const ends = `:${port}`;
  return facts.input.dependencies.find(({ address: at }) => at?.endsWith(ends) === true) ?? null;
}

/** Which service of the stack should listen there, how it is, or that nobody does. */
function whoIs(facts: Facts, host: string, port: number): string {
  const dependency = dependencyAt(facts, port);
  const owner = facts.input.portOwners.find((entry) => entry.port === port)?.owner;
  if (dependency !== null) {
    if (dependency.state === 'ok') return `that is ${dependency.service}, which is ok by now`;
    const because = dependency.why === null ? '' : ` (${clip(dependency.why, 60)})`;
    return `that is ${dependency.service}, which is ${dependency.state}${because}`;
  }
  if (owner !== undefined && owner.pid !== null) return `by now ${ownerWords(owner)} listens there`;
  const local = /^(?:127\.|localhost$|::1$|0\.0\.0\.0$|\[?::\]?$)/.test(host);
  return local ? 'nothing listens there' : 'nothing listens there, or a firewall rejects it';
}

function dependencyEvidence(facts: Facts, port: number): readonly Evidence[] {
  const dependency = dependencyAt(facts, port);
  if (dependency === null) return [];
  const text = `${dependency.service} is ${dependency.state}${dependency.why === null ? '' : `: ${dependency.why}`}`;
  return [{ kind: 'dependency', text, atMs: null }];
}

/** Ports that log lines name as somebody's address, newest first, at most `limit`. */
export function portsNamed(lines: readonly string[], limit: number): readonly number[] {
  const found: number[] = [];
  for (let index = lines.length - 1; index >= 0 && found.length < limit; index -= 1) {
    const line = (lines[index] ?? '').slice(0, 500);
    if (!/refused|EADDRINUSE|in use|Errno 98|port|bind|listen/i.test(line)) continue;
    for (const match of line.matchAll(/(?:[\w\]*:]:|port[ =]+|', )(\d{2,5})\b/gi)) {
      const port = Number(match[1]);
      if (port > 0 && port < 65_536 && !found.includes(port)) found.push(port);
    }
  }
  return found.slice(0, limit);
}

export const networkCauses: readonly Rule[] = [
  refusedAt,
  refusedUnnamed,
  untrusted,
  unknownName,
  timedOut,
  reset,
];
