/** What changed between two texts, line by line, for people: bounded, without a patch's context. */

/** Beyond so many lines that differ only their number is told. */
const mostCompared = 400;
const mostShown = 20;

export type LineDiff = Readonly<{
  removed: number;
  added: number;
  /** `-old` and `+new`; the first of them. */
  lines: readonly string[];
}>;

export function lineDiff(before: string, after: string): LineDiff {
  const old = before.split('\n');
  const now = after.split('\n');
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  const least = Math.min(old.length, now.length) - start;
  while (end < least && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const gone = old.slice(start, old.length - end);
  const fresh = now.slice(start, now.length - end);
  const kept = gone.length + fresh.length > mostCompared ? [] : common(gone, fresh);
  const lines = merged(gone, fresh, kept);
  return {
    removed: gone.length - kept.length,
    added: fresh.length - kept.length,
    lines: lines.slice(0, mostShown),
  };
}

/** Pairs of indices of a longest common subsequence. */
function common(
  a: readonly string[],
  b: readonly string[],
): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  const best = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const skip = Math.max(best[(i + 1) * width + j] ?? 0, best[i * width + j + 1] ?? 0);
      best[i * width + j] = a[i] === b[j] ? (best[(i + 1) * width + j + 1] ?? 0) + 1 : skip;
    }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if ((best[(i + 1) * width + j] ?? 0) >= (best[i * width + j + 1] ?? 0)) i += 1;
    else j += 1;
  }
  return pairs;
}

function merged(
  gone: readonly string[],
  fresh: readonly string[],
  kept: readonly (readonly [number, number])[],
): readonly string[] {
  const lines: string[] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...kept, [gone.length, fresh.length] as const]) {
    for (; i < a; i += 1) lines.push(`-${gone[i]}`);
    for (; j < b; j += 1) lines.push(`+${fresh[j]}`);
    [i, j] = [a + 1, b + 1];
  }
  return lines;
}
