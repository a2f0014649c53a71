/** Reads our own pages, so that `explain` and `help` say what the documents say. */
import { readFileSync } from 'node:fs';
import { FettleError } from '@fettle/sdk/fettle-error';

export type ExplainedCode = Readonly<{ code: string; meaning: string; action: string }>;

/** `docs/errors.md`, from `src/` and from `dist/` alike. */
export function readErrorsPage(): string {
  const url = new URL('../../../docs/errors.md', import.meta.url);
  try {
    return readFileSync(url, 'utf8');
  } catch (cause) {
    throw new FettleError('E-DOCS-MISSING', 'docs/errors.md is not where it was installed', {
      hint: 'npm run setup      in the folder that Fettle was installed to',
      cause,
    });
  }
}

/** Rows of its tables: `| code | what it means | what to do |`. */
export function parseCodes(page: string): ExplainedCode[] {
  const codes: ExplainedCode[] = [];
  for (const line of page.split('\n')) {
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|'));
    const [first, meaning, action] = cells;
    const code = /^`?([EW]-[A-Z0-9-]+)`?$/.exec(first ?? '')?.[1];
    if (code !== undefined && meaning !== undefined && action !== undefined)
      codes.push({ code, meaning, action });
  }
  return codes;
}

/** The text below `## <title>` up to the next heading of that rank; null: no such section. */
export function sectionOf(page: string, title: string): string | null {
  const start = page.indexOf(`## ${title}\n`);
  if (start === -1) return null;
  const rest = page.slice(start + title.length + 4);
  const end = rest.search(/^## /m);
  return (end === -1 ? rest : rest.slice(0, end)).trim();
}
