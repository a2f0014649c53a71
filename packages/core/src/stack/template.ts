/**
 * Fills `${NAME}` and `${NAME:-default}` into the text of a template file.
 *
 * Only the braced form counts, so that `$host` of nginx or a shell's `$1` stay as they are; `$${`
 * stands for a literal `${`. Source: Compose specification, "Interpolation".
 */

export type Rendered = Readonly<{
  text: string;
  /** Variables that are not set and have no default, each once, in order. */
  missing: readonly string[];
}>;

const place = /\$\$\{|\$\{([A-Za-z_]\w*)(?:(:?-)((?:[^}\\]|\\.)*))?\}/g;

export function renderTemplate(
  text: string,
  environment: Readonly<Record<string, string>>,
): Rendered {
  const missing = new Set<string>();
  const rendered = text.replace(place, (whole, name?: string, mode?: string, other?: string) => {
    if (name === undefined) return '${';
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    const usable = value !== undefined && !(mode === ':-' && value === '');
    if (usable) return value;
    if (mode !== undefined) return other ?? '';
    missing.add(name);
    return whole;
  });
  return { text: rendered, missing: [...missing] };
}
