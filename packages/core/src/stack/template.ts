/**
 * Fills variables into the text of a template file, with the operators that a config has: default,
 * required, alternative, nested in each other.
 *
 * Only the braced form counts, so that `$host` of nginx or a shell's `$1` stay as they are; `$${`
 * stands for a literal `${`. Source: Compose specification, "Interpolation".
 */

export type Rendered = Readonly<{
  text: string;
  /** Variables that are not set and have no default, each once, in order; with what was asked. */
  missing: readonly string[];
}>;

type Environment = Readonly<Record<string, string>>;
type Filling = Readonly<{ environment: Environment; missing: Set<string> }>;

const opening = /\$\$\{|\$\{([A-Za-z_]\w*)(:?[-?+])?/g;
const maxDepth = 10;

export function renderTemplate(text: string, environment: Environment): Rendered {
  const missing = new Set<string>();
  return { text: fill(text, { environment, missing }, 0), missing: [...missing] };
}

function fill(text: string, filling: Filling, depth: number): string {
  let out = '';
  let at = 0;
  for (;;) {
    opening.lastIndex = at;
    const found = opening.exec(text);
    if (found === null) return out + text.slice(at);
    const [head, name, operator] = found;
    out += text.slice(at, found.index);
    const end = name === undefined ? found.index + head.length : endOf(text, found);
    at = end ?? found.index + head.length;
    if (name === undefined) out += '${';
    // No place for a variable after all: it stays as it stands.
    else if (end === null || depth >= maxDepth) out += head;
    else {
      const rest = text.slice(found.index + head.length, end - 1);
      out += valueOf({ name, operator: operator ?? '', rest }, filling, depth);
    }
  }
}

/** Behind the closing brace; null: it is never closed, or something else follows the name. */
function endOf(text: string, found: RegExpExecArray): number | null {
  const start = found.index + found[0].length;
  if (found[2] === undefined) return text[start] === '}' ? start + 1 : null;
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith('${', at)) depth += 1;
    else if (text[at] === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}

type Place = Readonly<{ name: string; operator: string; rest: string }>;

function valueOf({ name, operator, rest }: Place, filling: Filling, depth: number): string {
  const { environment, missing } = filling;
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  const isThere = value !== undefined && !(operator.startsWith(':') && value === '');
  const other = (): string => fill(rest.replace(/\\(.)/g, '$1'), filling, depth + 1);
  if (operator.endsWith('+')) return isThere ? other() : '';
  if (isThere) return value;
  if (operator.endsWith('-')) return other();
  missing.add(operator.endsWith('?') && rest !== '' ? `${name} (${other()})` : name);
  return `\${${name}${operator}${rest}}`;
}
