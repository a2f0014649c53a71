/**
 * Which files of a watched folder count. Patterns are as in a .gitignore: without a slash they name
 * a file or folder anywhere, with one a way from the watched folder; what lies in an ignored folder
 * is ignored. `*` and `?` stand within one name, `**` for any number of folders.
 */

/** What tools and editors write beside the code. */
const always: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.fettle',
  'node_modules',
  '__pycache__',
  '.venv',
  'venv',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.cache',
  '.idea',
  '.vscode',
  '.DS_Store',
  '*.pyc',
  '*.log',
  '*.pid',
  '*.sock',
  '*.tmp',
  '*.swp',
  '*.swx',
  '*~',
  '.#*',
  '#*#',
  '4913',
];

export type PathFilter = (relative: string) => boolean;

/** true: it counts. `relative`: below the watched folder, with slashes, without one in front. */
export function pathFilter(ignore: readonly string[]): PathFilter {
  const patterns = [...always, ...ignore].map(compile);
  return (relative) => {
    const parts = relative.split('/');
    // Each folder on the way is asked, too.
    return !parts.some((name, index) => {
      const way = parts.slice(0, index + 1).join('/');
      return patterns.some(({ form, named }) => form.test(named ? name : way));
    });
  };
}

function compile(pattern: string): Readonly<{ form: RegExp; named: boolean }> {
  const bare = pattern.replace(/^\.?\//, '').replace(/\/(?:\*\*)?$/, '');
  const named = !pattern.replace(/\/$/, '').includes('/');
  const text = bare
    .split('/')
    .map((part) => (part === '**' ? '**' : part.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)))
    .join('/')
    .replaceAll('**/', '\0')
    .replaceAll('**', '\u0001')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\0', '(?:[^/]+/)*')
    .replaceAll('\u0001', '.*');
  return { form: new RegExp(`^${text}$`), named };
}
