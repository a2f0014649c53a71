/**
 * Reads stack traces out of log lines: Node, Python (chained ones, too), Java, Go and Rust.
 *
 * A trace tells three things that a person looks for: what kind of error, its message, and the
 * last place in the user's own code, rather than in a library. Source: the runtimes' own printers
 * (V8 `Error.prepareStackTrace`, CPython `traceback`, the JVM's `printStackTrace`).
 */

export type Frame = Readonly<{ file: string; line: number; name: string | null }>;

export type Trace = Readonly<{
  runtime: 'node' | 'python' | 'java' | 'go' | 'rust';
  /** `TypeError`, `requests.exceptions.ConnectionError`, `panic`. */
  type: string;
  message: string;
  /** The user's own innermost frame; null when only library frames were printed. */
  frame: Frame | null;
  /** Indices of the first and last line of this trace, its causes included. */
  from: number;
  to: number;
  /** The earlier exception that led to this one. */
  cause: Trace | null;
}>;

/** What one runtime's reader found at a line; `next` is the first line after it. */
type Reading = Readonly<{ trace: Trace; next: number }>;

const libraryPath =
  /node_modules|^node:|\(node:|internal\/|site-packages|dist-packages|\/lib\/python\d|^<frozen|^<string>$|^<attrs|\/lib64\/python/;
const pythonStart = /^(?:Traceback \(most recent call last\):| {2}File "[^"]+", line \d+)/;
const pythonFrame = /^ {2}File "([^"]+)", line (\d+)(?:, in (.+))?$/;
const pythonEnd = /^((?:[A-Za-z_][\w]*\.)*[A-Z_][\w]*)(?:: (.*))?$/;
const pythonLink =
  /^(?:During handling of the above exception, another|The above exception was the direct cause)/;
const nodeFrame =
  /^\s+at (?:async )?(?:(.+?) \()?((?:file:\/\/)?(?:node:|\/|[A-Za-z]:\\|[\w.@-]+\/|<anonymous>)[^():]*|node:[\w/]+):(\d+):\d+\)?/;
const anyFrame = /^\s+at \S/;
const nodeHeader =
  /^\s*(?:Uncaught |\[cause\]: |\[errors\]: \[|Caused by: )*\[?((?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*)(?: \[([A-Z][A-Z0-9_]+)\])?(?:: (.*))?$/;
const nodeFatal = /^(\/.+|file:\/\/.+|\[eval\]|[\w./-]+\.[cm]?[jt]s):(\d+)$/;
const javaFrame = /^\s+at ((?:[\w$]+\.)+[\w$<>]+)\(([^():]+\.(?:java|kt|scala)):(\d+)\)/;
const javaHeader =
  /^(?:Exception in thread "[^"]*" |Caused by: )?((?:[a-z][\w$]*\.)+[A-Z][\w$]*)(?:: (.*))?$/;
const rustPanic = /^thread '([^']*)'(?: \(\d+\))? panicked at (?:'(.*)', )?([^:']+):(\d+):\d+:?$/;
const goPanic = /^(?:panic|fatal error): (.*)$/;
const goFrame = /^\t(\/\S+\.go):(\d+)/;

/** All traces, in order of their last line. Chained exceptions are one trace. */
export function findTraces(lines: readonly string[]): readonly Trace[] {
  const found: Trace[] = [];
  for (let index = 0; index < lines.length;) {
    const reading =
      readPython(lines, index) ??
      readRust(lines, index) ??
      readGo(lines, index) ??
      readJava(lines, index) ??
      readNode(lines, index);
    if (reading === null) index += 1;
    else {
      found.push(reading.trace);
      index = Math.max(reading.next, index + 1);
    }
  }
  return found;
}

/** The exception at the bottom of the chain: where the trouble began. */
export function rootOf(trace: Trace): Trace {
  let root = trace;
  for (let depth = 0; depth < 20 && root.cause !== null; depth += 1) root = root.cause;
  return root;
}

/** The user's own frame: of the last exception, else of what caused it. */
export function ownFrame(trace: Trace): Frame | null {
  for (let at: Trace | null = trace; at !== null; at = at.cause)
    if (at.frame !== null) return at.frame;
  return null;
}

/** `api/server.js:12`: the last two segments tell enough. */
export function framePlace(frame: Frame): string {
  const path = frame.file.replace(/^file:\/\//, '').replace(/^\.\//, '');
  return `${path.split(/[/\\]/).slice(-2).join('/').replace(/^\//, '')}:${frame.line}`;
}

function readPython(lines: readonly string[], start: number): Reading | null {
  if (!pythonStart.test(lines[start] ?? '')) return null;
  let earlier: Trace | null = null;
  let at = start;
  for (;;) {
    const one = readPythonBlock(lines, at, earlier, start);
    if (one === null) return earlier === null ? null : { trace: earlier, next: earlier.to + 1 };
    earlier = one.trace;
    const link = skipBlank(lines, one.next);
    if (!pythonLink.test(lines[link] ?? '')) return one;
    at = skipBlank(lines, link + 1);
    if (!pythonStart.test(lines[at] ?? '')) return one;
  }
}

function readPythonBlock(
  lines: readonly string[],
  start: number,
  cause: Trace | null,
  from: number,
): Reading | null {
  let frame: Frame | null = null;
  let deepest: Frame | null = null;
  for (let index = start; index < lines.length && index < start + 150; index += 1) {
    const line = lines[index] ?? '';
    const called = pythonFrame.exec(line);
    if (called !== null) {
      deepest = { file: called[1] ?? '', line: Number(called[2]), name: called[3] ?? null };
      if (!libraryPath.test(deepest.file)) frame = deepest;
    } else if (!/^\s|^Traceback /.test(line)) {
      const end = pythonEnd.exec(line);
      if (end === null || line === '') return null;
      const type = end[1] ?? '';
      const message = end[2] ?? '';
      const to = index;
      const own = /^(?:SyntaxError|IndentationError|TabError)$/.test(type) ? deepest : frame;
      const trace = { runtime: 'python', type, message, frame: own, from, to, cause } as const;
      return { trace, next: index + 1 };
    }
  }
  return null;
}

function readNode(lines: readonly string[], start: number): Reading | null {
  if (!anyFrame.test(lines[start] ?? '')) return null;
  let from = start;
  let header: RegExpExecArray | null = null;
  for (let back = start - 1; back >= 0 && back >= start - 12; back -= 1) {
    if (anyFrame.test(lines[back] ?? '')) break;
    header = nodeHeader.exec(lines[back] ?? '');
    from = back;
    if (header !== null) break;
  }
  if (header === null) return null;
  let index = start;
  let frame: Frame | null = null;
  for (; index < lines.length && anyFrame.test(lines[index] ?? ''); index += 1) {
    const called = nodeFrame.exec(lines[index] ?? '');
    const file = called?.[2] ?? '';
    if (called === null || frame !== null || libraryPath.test(file) || file === '<anonymous>')
      continue;
    frame = { file, line: Number(called[3]), name: called[1] ?? null };
  }
  const thrown = thrownAt(lines, from);
  const type = header[1] ?? 'Error';
  const message = header[3] ?? header[2] ?? '';
  const cause = readNodeCause(lines, index);
  const trace: Trace = {
    runtime: 'node',
    type,
    message: message.replace(/\s*\{$/, ''),
    frame: type === 'SyntaxError' ? (thrown ?? frame) : (frame ?? thrown),
    from,
    to: cause === null ? index - 1 : cause.trace.to,
    cause: cause?.trace ?? null,
  };
  return { trace, next: Math.max(index, trace.to + 1) };
}

/** `[cause]: Error: …` right below the frames of the error that it caused. */
function readNodeCause(lines: readonly string[], index: number): Reading | null {
  if (!/^\s+\[cause\]: /.test(lines[index] ?? '')) return null;
  for (let at = index + 1; at <= index + 12; at += 1)
    if (anyFrame.test(lines[at] ?? '')) return readNode(lines, at);
  return null;
}

/** Node prints `file:line` and the source above an uncaught error. */
function thrownAt(lines: readonly string[], header: number): Frame | null {
  for (let back = header - 1; back >= 0 && back >= header - 8; back -= 1) {
    const place = nodeFatal.exec(lines[back] ?? '');
    if (place === null) continue;
    const file = place[1] ?? '';
    return libraryPath.test(file) ? null : { file, line: Number(place[2]), name: null };
  }
  return null;
}

function readJava(lines: readonly string[], start: number): Reading | null {
  const header = javaHeader.exec(lines[start] ?? '');
  if (header === null || !/^\s+at \S/.test(lines[start + 1] ?? '')) return null;
  let frame: Frame | null = null;
  let index = start + 1;
  for (; index < lines.length && /^\s+(?:at |\.\.\. \d+ )/.test(lines[index] ?? ''); index += 1) {
    const called = javaFrame.exec(lines[index] ?? '');
    if (called === null || frame !== null) continue;
    if (
      /^(?:java|javax|jdk|sun|kotlin|scala|org\.(?:spring|apache|hibernate))\b/.test(
        called[1] ?? '',
      )
    )
      continue;
    frame = { file: called[2] ?? '', line: Number(called[3]), name: called[1] ?? null };
  }
  const cause = (lines[index] ?? '').startsWith('Caused by: ') ? readJava(lines, index) : null;
  const trace: Trace = {
    runtime: 'java',
    type: header[1] ?? '',
    message: header[2] ?? '',
    frame,
    from: start,
    to: cause === null ? index - 1 : cause.trace.to,
    cause: cause?.trace ?? null,
  };
  return { trace, next: trace.to + 1 };
}

function readRust(lines: readonly string[], start: number): Reading | null {
  const panic = rustPanic.exec(lines[start] ?? '');
  if (panic === null) return null;
  const inline = panic[2] !== undefined;
  const message = inline ? (panic[2] ?? '') : (lines[start + 1] ?? '');
  const file = panic[3] ?? '';
  const frame = /\/rustc\/|\.cargo\//.test(file)
    ? null
    : { file, line: Number(panic[4]), name: null };
  const to = inline ? start : start + 1;
  const trace = { runtime: 'rust', type: 'panic', message, frame, from: start, to } as const;
  return { trace: { ...trace, cause: null }, next: to + 1 };
}

function readGo(lines: readonly string[], start: number): Reading | null {
  const panic = goPanic.exec(lines[start] ?? '');
  if (panic === null) return null;
  let frame: Frame | null = null;
  let to = start;
  for (let index = start + 1; index < lines.length && index < start + 60; index += 1) {
    const called = goFrame.exec(lines[index] ?? '');
    if (called !== null) {
      to = index;
      if (frame === null && !/\/go\/(?:src|pkg\/mod)\//.test(called[1] ?? ''))
        frame = { file: called[1] ?? '', line: Number(called[2]), name: null };
    } else if (/^(?:goroutine |\[signal )/.test(lines[index] ?? '')) to = index;
  }
  if (to === start) return null;
  const message = panic[1] ?? '';
  const trace = { runtime: 'go', type: 'panic', message, frame, from: start, to, cause: null };
  return { trace: { ...trace, runtime: 'go' }, next: to + 1 };
}

function skipBlank(lines: readonly string[], index: number): number {
  let at = index;
  while (at < lines.length && (lines[at] ?? '').trim() === '') at += 1;
  return at;
}
