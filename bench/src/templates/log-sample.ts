/** Lines as services write them, in five styles, reproducible: what templates are measured on. */
import { createPrng, nextRandom } from '@fettle/core/supervise/prng';

export function logSample(count: number): readonly string[] {
  const prng = createPrng('templates');
  const number = (below: number): number => Math.floor(nextRandom(prng) * below);
  const pick = <T>(of: readonly T[]): T => of[number(of.length)]!;
  const hex = (length: number): string =>
    Array.from({ length }, () => number(16).toString(16)).join('');
  const path = (): string => `/${pick(['orders', 'users', 'items'])}/${number(9_999)}`;
  const address = (): string => `10.${number(255)}.${number(255)}.${number(255)}`;
  const time = (): string => `2026-01-05 10:${10 + number(49)}:${10 + number(49)},${number(999)}`;
  const styles: readonly (() => string)[] = [
    () => `INFO:     ${address()}:${number(65_535)} - "GET ${path()} HTTP/1.1" 200 OK`,
    () =>
      `${time()} INFO shop.orders - order ${hex(24)} paid by user ${number(99_999)} in ${number(900)}ms`,
    () =>
      JSON.stringify({
        level: 30,
        time: number(1e9),
        pid: 7,
        msg: `job ${number(9e5)} done`,
        id: hex(8),
      }),
    () => `${time()} WARNING pool: ${number(20)}/20 connections in use, waited ${number(5_000)} ms`,
    () =>
      `[${hex(8)}] cache miss for key=session:${hex(16)} ttl=${number(3_600)} node=${address()}:6379`,
  ];
  return Array.from({ length: count }, () => pick(styles)());
}
