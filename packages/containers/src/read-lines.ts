/** JSON lines of an answer that comes in bit by bit. */
import { lineCutter } from '@fettle/sdk/daemon/ndjson';

/** Lines that are no JSON are left out. */
export async function readLines(
  chunks: AsyncIterable<Buffer>,
  onLine: (value: Readonly<Record<string, unknown>>) => void,
): Promise<void> {
  let over = false;
  const cut = lineCutter(
    (line) => {
      const value = parse(line);
      if (value !== null) onLine(value);
    },
    () => (over = true),
  );
  for await (const chunk of chunks) {
    cut(chunk);
    if (over) return;
  }
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
