/** Every part of an exam has a deadline: what is late counts as not known. */

/** `fallback` when `work` fails or takes longer. */
export async function within<T>(timeoutMs: number, work: Promise<T>, fallback: T): Promise<T> {
  const late = Promise.withResolvers<T>();
  const timer = setTimeout(() => late.resolve(fallback), timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } catch {
    // An unreadable fact is an unknown fact: diagnosis must go on with the others.
    return fallback;
  } finally {
    clearTimeout(timer);
  }
}
