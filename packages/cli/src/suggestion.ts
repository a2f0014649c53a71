/** The word somebody probably meant: at most two edits away. Offered, never run. */

/** null: nothing is near enough. Ties go to the first. */
export function nearestWord(word: string, words: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = 3;
  for (const candidate of words) {
    const distance = editDistance(word, candidate);
    // Two edits turn a three-letter word into nearly any other.
    if (word.length <= 3 && distance > 1) continue;
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance. Source: Wagner and Fischer, "The String-to-String Correction Problem". */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(substituted, inserted, (previous[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
