/** Causes where something that should be there is not: a module, a variable, a file, a program. */
import { exitEvidence, logEvidence, logRule, type Rule } from '../rule.ts';
import { clip, clipMiddle, shortPath } from '../words.ts';

const missingModule = logRule({
  id: 'missing-module',
  confidence: 0.97,
  patterns: [
    /Error: Cannot find module '([^']+)'/,
    /Cannot find (?:package|module) '([^']+)' imported from (\S+)/,
    /ModuleNotFoundError: No module named '([^']+)'/,
    /ImportError: cannot import name '([^']+)' from (?:partially initialized module )?'([^']+)'/,
    /ImportError: No module named '?([\w.]+)/,
    /No module named ([\w.]+)$/,
    /does not provide an export named '([^']+)'/,
    /java\.lang\.(?:NoClassDefFoundError|ClassNotFoundException): ([\w./$]+)/,
    /Could not find or load main class ([\w.$]+)/,
  ],
  say: ({ groups, line }, facts) => {
    const name = groups[1] ?? '';
    if (/cannot import name/.test(line)) {
      const from = clip(groups[2] ?? '', 50);
      return /partially initialized/.test(line)
        ? `module '${from}' imports itself in a circle: '${clip(name, 40)}' is not there yet`
        : `module '${from}' has nothing named '${clip(name, 40)}' (another version installed?)`;
    }
    if (/does not provide an export/.test(line))
      return `an imported module has no export named '${clip(name, 60)}'`;
    const own = /^[./]|^file:/.test(name);
    const stack = facts.lines.slice(0, 40).join('\n');
    const importer = /(?:imported from |Require stack:\n- )(\S+)/.exec(stack)?.[1];
    const by =
      importer === undefined || importer.endsWith(name) ? '' : `, needed by ${shortPath(importer)}`;
    if (/Class/.test(line)) return `Java class ${clip(name, 80)} is not on the class path`;
    return own
      ? `file ${shortPath(name)} does not exist${by}`
      : `module '${clip(name, 60)}' is not installed${by}`;
  },
  next: ({ groups, line }) => {
    const name = groups[1] ?? '';
    if (/^[./]|^file:|cannot import|Class|export/.test(name + line)) return [];
    return /No module named/.test(line) ? ['pip install -r requirements.txt'] : ['npm ci'];
  },
});

const missingVariable = logRule({
  id: 'missing-variable',
  confidence: 0.96,
  patterns: [
    /^KeyError: '([A-Z][A-Z0-9_]{2,})'$/,
    /(?:[Mm]issing|[Rr]equired|[Uu]ndefined|[Uu]nset|[Nn]o)\b[\w ]{0,30}\b(?:env|ENV|[Ee]nvironment)\b[\w ]{0,20}?[:=]?\s+['"`$]*([A-Z][A-Z0-9_]{2,})/,
    /(?:env|ENV|[Ee]nvironment) (?:[Vv]ariable|[Vv]ar)s?:?\s+['"`$]*([A-Z][A-Z0-9_]{2,})['"`]*:?\s+(?:is |was |must be |are )?(?:missing|required|not set|not defined|undefined|unset|not found|set)/,
    /\b([A-Z][A-Z0-9_]{2,})['"`]*[ :]+(?:environment variable )?(?:(?:is |was )?(?:required|missing|not set|not defined|unset|undefined)|must be (?:set|defined|given))\b/,
    /(?:[Mm]issing|[Rr]equired)[: ]+['"`$]*([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b/,
    /^\S*: (?:line )?\d+: ([A-Z][A-Z0-9_]+): (?:parameter not set|unbound variable|.*not set)/,
    /[Ee]nvironment variable ['"`]?([A-Z][A-Z0-9_]+)['"`]? not (?:found|set)/,
  ],
  say: ({ groups, line }, facts) => {
    const name = groups[1] ?? '';
    if (
      /^(?:ERROR|FATAL|WARN|INFO|DEBUG|EADDR|ECONN|ENOENT|EACCES|HTTP|JSON|NOT|THE|TLS)/.test(name)
    )
      return null;
    if (line.startsWith('KeyError') && !facts.lines.some((text) => /environ|getenv/.test(text)))
      return null;
    // `HTTPS is required` speaks of no variable.
    if (!name.includes('_') && !/\benv|environ|KeyError|parameter not set|unbound/i.test(line))
      return null;
    const given = facts.input.environmentNames.includes(name);
    return given
      ? `environment variable ${clip(name, 60)} is refused as missing although it is given (empty?)`
      : `environment variable ${clip(name, 60)} is not set`;
  },
  next: () => ['fettle config show'],
});

/** Settings libraries name several fields at once: pydantic, zod, envalid. */
const invalidSettings = logRule({
  id: 'invalid-settings',
  confidence: 0.95,
  patterns: [
    /(\d+) validation errors? for ([A-Za-z]\w*)/,
    /\bZodError\b/,
    /Invalid environment variables/i,
  ],
  say: ({ groups, line, index }, facts) => {
    const after = facts.lines.slice(Math.max(0, index - 2), index + 60);
    if (/validation error/.test(line)) {
      const names = after.filter((_text, at) =>
        /^\s+Field required|^\s+Input should|^\s+Value error/.test(after[at + 1] ?? ''),
      );
      const what = after.some((text) => /Field required/.test(text)) ? 'required' : 'not valid';
      const named = names
        .map((text) => text.trim())
        .slice(0, 3)
        .join(', ');
      return `${clip(groups[2] ?? 'settings', 40)} does not validate: ${clip(named || 'see the log', 70)} ${what}`;
    }
    const paths = [...after.join(' ').matchAll(/"?path"?: \[\s*["']([^"']+)["']/g)].map(
      ([, name]) => name,
    );
    const named = [...new Set(paths)].slice(0, 3).join(', ');
    return `settings do not validate: ${clip(named || 'see the log', 90)}`;
  },
  next: () => ['fettle config show'],
});

const missingFile = logRule({
  id: 'missing-file',
  confidence: 0.93,
  patterns: [
    /ENOENT: no such file or directory, (\w+) '([^']+)'/,
    /FileNotFoundError: \[Errno 2\] No such file or directory: '([^']+)'/,
    /can't open file '([^']+)'/,
    /(?:open|stat|read|cat|cannot access|cannot open|can't open)\b:? '?([^\s:']+)'?: [Nn]o such file/,
    /(?<![^\s:'])([^\s:']+)'?: (?:[Nn]o such file or directory)/,
    /NoSuchFileException: (\S+)|FileNotFoundException: (\S+)/,
    /No such file or directory \(os error 2\)/,
  ],
  say: ({ groups, line }) => {
    if (/spawn|interpreter|not found$/.test(line)) return null;
    const path = groups[2] !== undefined && groups[2] !== '' ? groups[2] : groups[1];
    if (path === undefined || path === '' || path === 'scandir')
      return 'a file or folder that it needs does not exist; the log does not name it';
    return `file or folder ${clipMiddle(path, 90)} does not exist`;
  },
});

/** A shell's own words for "no such program", and exit 127. */
const commandMissing: Rule = {
  id: 'command-not-found',
  phases: ['ended'],
  explain(facts) {
    const { input, lines, exit } = facts;
    const { spawnError } = input.view;
    const shell =
      /(?:^|: )([^\s:]+): (?:command )?not found$|exec: "?([^\s":]+)"?: (?:executable file )?not found|env: [‘'`"]?([^’'"]+)[’'"]?: No such file|spawn (\S+) ENOENT/;
    const line = lines.findLast((text) => shell.test(text));
    if (spawnError === null && exit?.code !== 127 && !/spawn \S+ ENOENT/.test(line ?? ''))
      return null;
    if (spawnError !== null && spawnError.code !== 'ENOENT' && exit?.code !== 127) return null;
    if (/error while loading shared libraries|bad interpreter/.test(lines.join('\n'))) return null;
    const match = line === undefined ? null : shell.exec(line);
    const named = match?.slice(1).find((group) => group !== undefined);
    const command = named ?? input.command[0] ?? '';
    const rest = /\//.test(command) ? 'there is no such file' : 'it is not on the PATH';
    const code = exit?.code === 127 ? ' (exit 127)' : '';
    return {
      sentence: `command ${clipMiddle(command, 60)} not found: ${rest}${code}`,
      confidence: 0.965,
      evidence: [...(line === undefined ? [] : [logEvidence(facts, line)]), ...exitEvidence(facts)],
      next: [`fettle config show`],
    };
  },
};

const notExecutable: Rule = {
  id: 'not-executable',
  phases: ['ended'],
  explain(facts) {
    const { input, lines, exit } = facts;
    const denied = input.view.spawnError?.code === 'EACCES';
    const line = lines.findLast((text) => /[Pp]ermission denied|spawn \S+ EACCES/.test(text));
    if (!denied && exit?.code !== 126) return null;
    if (/exec format error|bad interpreter/i.test(lines.join('\n'))) return null;
    const match = /(?:^|: )'?([^\s:']+)'?: [Pp]ermission denied/.exec(line ?? '');
    const file = match?.[1] ?? input.command[0] ?? '';
    return {
      sentence: `${clipMiddle(file, 80)} is not executable (exit 126); chmod +x makes it so`,
      confidence: 0.965,
      evidence: [...(line === undefined ? [] : [logEvidence(facts, line)]), ...exitEvidence(facts)],
      next: [`chmod +x ${file}`],
    };
  },
};

const badInterpreter = logRule({
  id: 'bad-interpreter',
  confidence: 0.99,
  patterns: [
    /(?<!\S)(\S+): (?:cannot execute: )?(?:required file not found|bad interpreter)/,
    /(?<!\S)(\S+): (\S+): bad interpreter/,
    /env: [‘'"]?([^’'":]+)[’'"]?: No such file or directory/,
  ],
  say: ({ groups, line }, facts) => {
    if (/^(?:\/usr\/bin\/)?env: /.test(line))
      return `the first line of the script asks for ${clip(groups[1] ?? '', 60)}, which is not installed`;
    const script = groups[1] === undefined ? (facts.input.command[0] ?? '') : groups[1];
    return `the interpreter named in the first line of ${shortPath(script)} does not exist`;
  },
});

const missingLibrary = logRule({
  id: 'missing-shared-library',
  confidence: 0.98,
  patterns: [
    /error while loading shared libraries: ([\w.+-]+)/,
    /ImportError: ([\w.+-]+\.so[\w.]*): cannot open shared object/,
    /version `([\w.]+)' not found \(required by/,
    /OSError: ([\w.+-]+\.so[\w.]*): cannot open shared object/,
  ],
  say: ({ groups, line }) =>
    /version `/.test(line)
      ? `a system library is too old: version ${groups[1]} is missing`
      : `shared library ${clip(groups[1] ?? '', 60)} is not installed`,
});

const wrongArchitecture = logRule({
  id: 'wrong-architecture',
  confidence: 0.98,
  patterns: [
    /(?<![^\s:'])([^\s:']+)'?: cannot execute binary file(?:: Exec format error)?/,
    /(?:spawn (\S+) )?ENOEXEC/,
    /Exec format error(?:: '([^']+)')?/,
    /invalid ELF header|wrong ELF class|incompatible architecture/,
  ],
  say: ({ groups, line }, facts) => {
    if (/ELF|incompatible/.test(line))
      return 'a native module was built for another system or processor; install it again here';
    const file =
      groups[1] === undefined || groups[1] === '' ? (facts.input.command[0] ?? '') : groups[1];
    return `${shortPath(file)} is not a program for this machine (exec format error)`;
  },
});

export const missingCauses: readonly Rule[] = [
  missingLibrary,
  badInterpreter,
  wrongArchitecture,
  missingModule,
  missingVariable,
  invalidSettings,
  commandMissing,
  notExecutable,
  missingFile,
];
