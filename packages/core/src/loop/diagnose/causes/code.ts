/** Causes in the program itself: it does not parse, it throws, it was called wrongly. */
import { framePlace, ownFrame, rootOf, type Trace } from '../../collect/stack-trace.ts';
import { exitEvidence, logEvidence, logRule, type Rule } from '../rule.ts';
import { clip, clipMiddle, sentenceLimit, shortPath } from '../words.ts';

const newSyntax =
  /match \w+:|except\*|:=|\bf['"]|print\(f|Unexpected token '(?:\?|\?\?|\?\?=|\.|\|\|=|&&=)'|await is only valid|Unexpected reserved word|import statement outside|Unexpected identifier '#/;

const runtimeTooOld = logRule({
  id: 'runtime-too-old',
  confidence: 0.97,
  patterns: [
    /requires (?:a different )?Python[ :]*([><=!~\d., *]+)?/i,
    /requires? (?:at least )?Node(?:\.js)? (?:version )?([v>=^~\d.]+)/i,
    /(?:EBADENGINE|The engine "node" is incompatible)/,
    /Python (\d[\d.]*)(?: or (?:newer|later|higher))? is required/i,
    /Node(?:\.js)? (?:version )?v?(\d[\d.]*)(?: or (?:newer|later|higher|above))? is required/i,
    /(?:ERR_UNKNOWN_BUILTIN_MODULE|No such built-in module): (node:\w+)/,
    /UnsupportedClassVersionError/,
  ],
  say: ({ groups, line }) => {
    const version = (groups[1] ?? '').replace(/[,.\s]+$/, '').trim();
    if (/built-in module/.test(line)) return `this Node is too old: it has no ${version}`;
    if (/UnsupportedClassVersion/.test(line))
      return 'this Java is too old for the compiled classes';
    const what = /python/i.test(line) ? 'Python' : 'Node';
    return `the ${what} that runs it is too old${version === '' ? '' : `: it requires ${clip(version, 40)}`}`;
  },
});

const syntaxError: Rule = {
  id: 'syntax-error',
  phases: ['ended', 'unready'],
  explain(facts) {
    const trace = facts.traces.findLast(({ type }) =>
      /^(?:SyntaxError|IndentationError|TabError)$/.test(type),
    );
    if (trace === undefined || (facts.exit?.posixSignal ?? null) !== null) return null;
    if (/JSON|is not valid|Unexpected end of input/.test(trace.message) && trace.frame === null)
      return null;
    if (/in JSON|is not valid JSON|JSON input/.test(trace.message)) return null;
    const place = trace.frame === null ? '' : ` in ${clipMiddle(framePlace(trace.frame), 50)}`;
    const source = facts.lines.slice(Math.max(0, trace.from - 6), trace.to + 1).join('\n');
    const old =
      trace.runtime === 'python' && newSyntax.test(source) && /invalid syntax/.test(trace.message);
    const hint = old ? ' (newer syntax than this Python?)' : '';
    return {
      sentence: `syntax error${place}: ${clip(trace.message, 80)}${hint}`,
      confidence: 0.96,
      evidence: [logEvidence(facts, facts.lines[trace.to] ?? ''), placeEvidence(trace)],
      next: [],
    };
  },
};

const invalidConfig = logRule({
  id: 'invalid-config-file',
  confidence: 0.94,
  patterns: [
    /SyntaxError: (.*(?:in JSON at position \d+|is not valid JSON|JSON input).*)/,
    /json\.decoder\.JSONDecodeError: (.*)/,
    /yaml\.(?:scanner\.ScannerError|parser\.ParserError|constructor\.\w+): ?(.*)/,
    /YAML(?:Parse|Syntax)?(?:Error|Exception):? ?(.*)/,
    /tomllib\.TOMLDecodeError: (.*)|TOMLDecodeError: (.*)/,
    /configparser\.\w+: (.*)/,
    /(?:cannot|could not|failed to|unable to) (?:parse|read|load) (?:the )?(?:config\w*|settings)[^:]*: (.*)/i,
  ],
  say: ({ groups, line, index }, facts) => {
    const trace = facts.traces.findLast(({ from, to }) => from <= index && index <= to);
    const frame = trace === undefined ? null : ownFrame(trace);
    const near = facts.lines.slice(index, index + 6).join(' ');
    const inFile = /in "([^"]+)", line (\d+)/.exec(near);
    const where =
      inFile !== null
        ? ` at ${shortPath(inFile[1] ?? '')}:${inFile[2]}`
        : frame === null
          ? ''
          : `, read in ${framePlace(frame)}`;
    const kind = /yaml/i.test(line)
      ? 'YAML'
      : /toml/i.test(line)
        ? 'TOML'
        : /json/i.test(line)
          ? 'JSON'
          : 'config';
    const said = groups[1] !== '' ? (groups[1] ?? '') : (groups[2] ?? '');
    const detail = said === '' ? clip(facts.lines[index + 1] ?? '', 60) : clip(said, 70);
    const place = kind === 'config' ? 'a config file does not parse' : `invalid ${kind}`;
    return `${place}${where}${detail === '' ? '' : `: ${detail.replace(/ \(line \d+ c.*$/, '')}`}`;
  },
});

const usageError = logRule({
  id: 'usage-error',
  confidence: 0.93,
  patterns: [
    /error: (unrecognized arguments: .+)/,
    /error: (the following arguments are required: .+)/,
    /error: (argument [^:]+: .+)/,
    /error: (unknown (?:option|command|argument) .+)/i,
    /error: (required option .+|missing required argument .+|too many arguments.*)/,
    /(?:^|: )((?:bad|unknown|invalid|unrecognized|illegal) option:? .+)/i,
    /^(flag provided but not defined: .+)/,
    /error: (unexpected argument .+ found)/,
    /(ERR_PARSE_ARGS_UNKNOWN_OPTION.*|Unknown option '[^']+')/,
  ],
  say: ({ groups }) => `called with wrong arguments: ${clip(groups[1] ?? '', 110)}`,
  next: () => ['fettle config show'],
});

const unhandledException: Rule = {
  id: 'unhandled-exception',
  phases: ['ended', 'unready'],
  explain(facts) {
    const { traces, block, lines, exit } = facts;
    const trace = traces.at(-1);
    if (trace === undefined || block === null || trace.to < block.from - 3) return null;
    if (exit !== null && exit.posixSignal !== null && exit.posixSignal !== 'SIGABRT') return null;
    const whole = lines.slice(Math.max(0, trace.from - 4)).join('\n');
    const rejected = /unhandled.*rejection|ERR_UNHANDLED_REJECTION/i.test(whole);
    const frame = ownFrame(trace);
    const place = frame === null ? '' : ` at ${clipMiddle(framePlace(frame), 50)}`;
    const root = rootOf(trace);
    const from = root === trace ? '' : ` (from ${root.type.split('.').at(-1)})`;
    const type = trace.type.split('.').at(-1) ?? trace.type;
    const how = rejected ? 'unhandled rejection ' : 'unhandled ';
    const head = `${trace.type === 'panic' ? '' : how}${type}`;
    const room = sentenceLimit - head.length - place.length - from.length - 2;
    const message = trace.message === '' ? '' : `: ${clip(trace.message, room)}`;
    return {
      sentence: `${head}${message}${place}${from}`,
      confidence: 0.75,
      evidence: [
        logEvidence(facts, headline(lines, trace)),
        placeEvidence(trace),
        ...exitEvidence(facts),
      ],
      next: [],
    };
  },
};

/** Node, when what was thrown is no Error: a rejection without a stack. */
const bareRejection = logRule({
  id: 'unhandled-rejection',
  confidence: 0.8,
  patterns: [
    /UnhandledPromiseRejection:.*reason "(.*)"/,
    /UnhandledPromiseRejection\b/,
    /^Uncaught:?$|^Uncaught '(.*)'/,
  ],
  say: ({ groups }) =>
    `a promise was rejected and nobody caught it: ${clip(groups[1] ?? 'reason not printed', 90)}`,
});

function headline(lines: readonly string[], trace: Trace): string {
  if (trace.runtime === 'python') return lines[trace.to] ?? '';
  for (let index = trace.from; index <= trace.to; index += 1)
    if ((lines[index] ?? '').includes(trace.type)) return lines[index] ?? '';
  return lines[trace.from] ?? '';
}

function placeEvidence(trace: Trace) {
  const frame = ownFrame(trace);
  const inside = frame?.name === null || frame === null ? '' : ` in ${frame.name}`;
  const text =
    frame === null ? 'no frame of your own code' : `${frame.file}:${frame.line}${inside}`;
  return { kind: 'log', text, atMs: null } as const;
}

export const codeCauses: readonly Rule[] = [
  runtimeTooOld,
  invalidConfig,
  syntaxError,
  usageError,
  unhandledException,
  bareRejection,
];
