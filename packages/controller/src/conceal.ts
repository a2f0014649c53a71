/**
 * Takes secrets out of text before it is stored or shown: those that look like one, and those of
 * the stack, whatever they look like. One controller serves one stack, so what it knows is kept
 * here, where every part can reach it.
 */
import { concealing, secretsOf, type Conceal } from '@fettle/core/loop/collect/known-secrets';
import { redact, redactData } from '@fettle/core/loop/collect/redact';
import type { Disposer, SupervisorLink } from './parts.ts';

let known: Conceal = concealing([]);

/** Learns the secrets of the stack, now and after each change of it. */
export function learnSecrets(
  link: Pick<SupervisorLink, 'stack' | 'onSnapshot' | 'onNotice'>,
): Disposer {
  const learn = (): void => {
    known = concealing(secretsOf(link.stack()));
  };
  const disposers = [
    link.onSnapshot(learn),
    link.onNotice((notice) => {
      if (notice.kind === 'stack-changed') learn();
    }),
  ];
  learn();
  return () => {
    for (const dispose of disposers) dispose();
    known = concealing([]);
  };
}

export function conceal(text: string): string {
  return redact(known(text));
}

/** JSON data: by the names of fields, too. */
export function concealData(value: unknown): unknown {
  return deeply(redactData(value));
}

function deeply(value: unknown): unknown {
  if (typeof value === 'string') return known(value);
  if (Array.isArray(value)) return value.map(deeply);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, deeply(item)]));
}
