/**
 * Sets one value in the text of a YAML, JSON or env file and leaves every other byte as it is:
 * comments, order, quoting, line ends.
 *
 * The parser says where the value stands; only that range is replaced. The result is read again and
 * must differ from what was read before in that one value, else nothing is edited.
 */
import { isScalar, parseAllDocuments, type Document, type Scalar } from 'yaml';

export type FileFormat = 'yaml' | 'json' | 'env';
export type Edited =
  | Readonly<{ ok: true; text: string; before: string }>
  /** Why not, in a clause for people. */
  | Readonly<{ ok: false; problem: string }>;

/** By the name of the file; null: not a kind of file that is edited. */
export function formatOf(path: string): FileFormat | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/\.jsonc?$/.test(name)) return 'json';
  if (/\.ya?ml$/.test(name)) return 'yaml';
  return name.startsWith('.env') || name.endsWith('.env') ? 'env' : null;
}

/** `key`: `a.b.0.c` in YAML and JSON, the variable's name in an env file. It must exist. */
export function editValue(text: string, format: FileFormat, key: string, value: string): Edited {
  return format === 'env' ? editEnv(text, key, value) : editTree(text, format, key, value);
}

const problem = (text: string): Edited => ({ ok: false, problem: text });

function editTree(text: string, format: 'yaml' | 'json', key: string, value: string): Edited {
  const document = parseOne(text);
  if (document === null) return problem('the file cannot be parsed');
  const path = key.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const node = document.getIn(path, true);
  if (!isScalar(node) || !node.range) return problem(`there is no single value at ${key}`);
  const [from, to] = node.range;
  if (node.anchor !== undefined || node.type?.startsWith('BLOCK'))
    return problem(`the value at ${key} is of a form that is edited by hand`);
  const typed = typedLike(node.value, value);
  if (typed === undefined)
    return problem(`${key} holds a ${typeof node.value}, which ${value} is not`);
  const next = text.slice(0, from) + written(typed, node, format) + text.slice(to);
  const after = parseOne(next);
  document.setIn(path, typed);
  if (after === null || JSON.stringify(after.toJS()) !== JSON.stringify(document.toJS()))
    return problem(`${key} cannot be set without touching something else`);
  return { ok: true, text: next, before: text.slice(from, to) };
}

function parseOne(text: string): Document.Parsed | null {
  try {
    const found = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: false });
    const documents = Array.isArray(found) ? found : [];
    const [first, second] = documents;
    return first === undefined || second !== undefined || first.errors.length > 0 ? null : first;
  } catch {
    return null;
  }
}

/** undefined: it does not fit the type of what stands there. */
function typedLike(before: unknown, value: string): string | number | boolean | undefined {
  if (typeof before === 'number') {
    const number = Number(value);
    return value.trim() === '' || !Number.isFinite(number) ? undefined : number;
  }
  if (typeof before === 'boolean')
    return value === 'true' ? true : value === 'false' ? false : undefined;
  return value;
}

function written(
  value: string | number | boolean,
  { type }: Scalar,
  format: 'yaml' | 'json',
): string {
  if (typeof value !== 'string') return String(value);
  if (format === 'json' || type === 'QUOTE_DOUBLE') return JSON.stringify(value);
  if (type === 'QUOTE_SINGLE' && !/[\r\n]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  const isPlain = /^[A-Za-z0-9_./-][\w ./:@+-]*$/.test(value) && parseOne(value)?.toJS() === value;
  return isPlain && !/\s#|: |:$|\s$/.test(value) ? value : JSON.stringify(value);
}

/** The last line that sets the variable wins, as in any shell. */
function editEnv(text: string, name: string, value: string): Edited {
  if (!/^[A-Za-z_][\w.-]*$/.test(name)) return problem(`${name} is no name of a variable`);
  if (/[\r\n\0]/.test(value)) return problem('a value of several lines is edited by hand');
  const line = new RegExp(
    `^([ \\t]*(?:export[ \\t]+)?${name.replaceAll('.', '\\.')}[ \\t]*=[ \\t]*)(.*?)([ \\t]*)$`,
    'gm',
  );
  const found = [...text.matchAll(line)].at(-1);
  if (found === undefined) return problem(`no line sets ${name}`);
  const [, head = '', old = ''] = found;
  const shape = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'\s#]*)(?=[ \t]*(?:#.*)?\r?$)/.exec(old);
  if (shape === null) return problem(`the value of ${name} is of a form that is edited by hand`);
  const from = found.index + head.length;
  const next = text.slice(0, from) + quoted(value, shape[0]) + text.slice(from + shape[0].length);
  return { ok: true, text: next, before: shape[0] };
}

function quoted(value: string, before: string): string {
  const isBare = /^[\w./:@%+,=-]*$/.test(value);
  if (before.startsWith("'") && !value.includes("'")) return `'${value}'`;
  if (isBare && !before.startsWith('"')) return value;
  if (!value.includes("'") && !before.startsWith('"')) return `'${value}'`;
  return `"${value.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;
}
