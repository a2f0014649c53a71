import { expect, test } from 'vitest';
import { addRequest, figuresOf, openRequestFigures, type Figures } from './request-figures.ts';

/** `perS` requests a second for `seconds`; every `failEvery`-th fails; they take 1 to 100 ms. */
const figures = (perS: number, seconds: number, failEvery: number): Figures => {
  const requests = openRequestFigures();
  for (let index = 0; index < perS * seconds; index += 1) {
    const status = index % failEvery === 0 ? 500 : 200;
    const access = { status, durationMs: (index % 100) + 1, method: 'GET', path: '/' };
    addRequest(requests, access, (index * 1000) / perS);
  }
  return figuresOf(requests, seconds * 1000);
};

test('under load the last ten seconds tell', () => {
  const { perS, errorRatio, p95Ms } = figures(100, 600, 10);
  expect(perS).toBeCloseTo(100, 0);
  expect(errorRatio).toBeCloseTo(0.1, 2);
  expect(p95Ms).toBeGreaterThan(90);
  expect(p95Ms).toBeLessThan(100);
});

test('where requests are rare a minute tells', () => {
  const { perS, errorRatio } = figures(0.5, 600, 10);
  expect(perS).toBeCloseTo(0.5, 1);
  expect(errorRatio).toBeLessThan(0.15);
});

test('too few requests tell no share', () =>
  expect(figures(0.05, 60, 1)).toMatchObject({ errorRatio: null, p95Ms: null }));

test('without durations there is no latency', () => {
  const requests = openRequestFigures();
  const access = { status: 200, durationMs: null, method: null, path: null };
  for (let atMs = 0; atMs < 10_000; atMs += 100) addRequest(requests, access, atMs);
  expect(figuresOf(requests, 10_000).p95Ms).toBeNull();
});

test('traffic that stopped reads as none', () => {
  const requests = openRequestFigures();
  const access = { status: 200, durationMs: 1, method: null, path: null };
  for (let atMs = 0; atMs < 10_000; atMs += 10) addRequest(requests, access, atMs);
  expect(figuresOf(requests, 100_000)).toEqual({ perS: 0, errorRatio: null, p95Ms: null });
});
