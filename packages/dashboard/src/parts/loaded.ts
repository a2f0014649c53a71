/** Fetches a document for a view and again when its key changes or `everyMs` has passed. */
import { useEffect, useState } from 'preact/hooks';
import { FettleError } from '@fettle/sdk/fettle-error';

export type Loaded<T> = Readonly<{ data: T | null; problem: string | null; reload: () => void }>;

export function useLoaded<T>(
  fetch: () => Promise<T>,
  key: string,
  everyMs: number | null,
): Loaded<T> {
  const [data, setData] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let live = true;
    const load = async () => {
      try {
        const next = await fetch();
        if (!live) return;
        setData(() => next);
        setProblem(null);
      } catch (cause) {
        if (!live) return;
        const hint = cause instanceof FettleError ? ` ${cause.hint}` : '';
        setProblem(`${cause instanceof Error ? cause.message : 'unknown trouble'}${hint}`);
      }
    };
    void load();
    const timer = everyMs === null ? undefined : setInterval(() => void load(), everyMs);
    return () => {
      live = false;
      clearInterval(timer);
    };
  }, [key, turn, everyMs]);
  return { data, problem, reload: () => setTurn(turn + 1) };
}
