/** Addresses as /proc/net prints them, read back into the form that people write. */

/** `0100007F` is 127.0.0.1: the kernel prints each 32-bit word in host (little-endian) order. */
function wordBytes(word: string): number[] {
  return [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));
}

export function ipv4(hex: string): string {
  return wordBytes(hex).join('.');
}

export function ipv6(hex: string): string {
  const bytes = [0, 8, 16, 24].flatMap((at) => wordBytes(hex.slice(at, at + 8)));
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const mapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  if (mapped) return bytes.slice(12).join('.');
  return shortest(groups);
}

/** RFC 5952: the longest run of zero groups, if longer than one, becomes `::`. */
function shortest(groups: readonly string[]): string {
  let best = { from: 0, length: 1 };
  for (let from = 0; from < groups.length; from += 1) {
    let length = 0;
    while (groups[from + length] === '0') length += 1;
    if (length > best.length) best = { from, length };
  }
  if (best.length === 1) return groups.join(':');
  const left = groups.slice(0, best.from).join(':');
  return `${left}::${groups.slice(best.from + best.length).join(':')}`;
}
