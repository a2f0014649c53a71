/** A figure held against its limit: absent or not a number is not met. */
export type Verdict = Readonly<{ what: string; value: number; limit: number; met: boolean }>;

export function judge(what: string, value: number | undefined, limit: number): Verdict {
  const seen = Math.round((value ?? Number.NaN) * 100) / 100;
  return { what, value: seen, limit: Math.round(limit * 100) / 100, met: seen <= limit };
}
