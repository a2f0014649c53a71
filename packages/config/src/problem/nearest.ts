/**
 * Finds the word that was probably meant: optimal string alignment distance (Damerau 1964), at most
 * 2 edits, fewer for short words, so that a suggestion is rarely a guess.
 */

/** What people type out of habit from other tools, and what it is called here. */
const habits: Readonly<Record<string, string>> = {
  args: 'command',
  cmd: 'command',
  cwd: 'working_dir',
  dependencies: 'depends_on',
  depends: 'depends_on',
  dir: 'working_dir',
  directory: 'working_dir',
  env: 'environment',
  envfile: 'env_file',
  exec: 'command',
  grace_period: 'stop_grace_period',
  health_check: 'healthcheck',
  instances: 'scale',
  needs: 'depends_on',
  replicas: 'scale',
  run: 'command',
  script: 'command',
};

/** Enough for keys and services; comparing more would take longer than it helps. */
const MAX_CANDIDATES = 500;

/** The closest of `candidates`, or null when none is close. */
export function nearestOf(word: string, candidates: Iterable<string>): string | null {
  const wanted = fold(word);
  let best: string | null = null;
  let bestDistance = Math.min(2, Math.ceil(wanted.length / 3)) + 1;
  const names = [...candidates].slice(0, MAX_CANDIDATES);
  for (const name of names) {
    const distance = editDistance(wanted, fold(name));
    if (distance >= bestDistance) continue;
    best = name;
    bestDistance = distance;
  }
  if (best !== null) return best;
  const habit = habits[word.toLowerCase().replaceAll('-', '_')];
  return habit !== undefined && names.includes(habit) ? habit : null;
}

function fold(word: string): string {
  return word.slice(0, 64).toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
