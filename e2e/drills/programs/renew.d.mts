/** Types of `renew.mjs`, which runs without us. */
export function selfSigned(
  host: string,
  fromMs: number,
  toMs: number,
): { key: string; certificate: string };
export function writeCertificate(folder: string, days: number, ageDays?: number): void;
