/** The code that the policy knows for what the engine refused: is it worth another try? */
import { EngineFault } from './engine.ts';

export type SpawnFailure = Readonly<{ code: string; message: string }>;

export function failureOf(error: unknown): SpawnFailure {
  if (!(error instanceof EngineFault))
    return { code: 'EENGINE', message: error instanceof Error ? error.message : String(error) };
  const { status, message } = error;
  if (status === 0) return { code: 'EENGINE', message };
  if (/executable file not found|no such file or directory/i.test(message))
    return { code: 'ENOENT', message };
  if (/port is already allocated|address already in use/i.test(message))
    return { code: 'EADDRINUSE', message };
  if (/permission denied/i.test(message)) return { code: 'EACCES', message };
  // The engine will say the same again: no such image, an option that it does not know.
  if (status === 404) return { code: 'ENOENT', message };
  return { code: status === 400 ? 'EINVAL' : 'EENGINE', message };
}
