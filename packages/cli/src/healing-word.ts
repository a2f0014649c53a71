/** The shape of the commands that only tell the loop something and say what it took. */
import { emit } from './emit.ts';
import { reach } from './reach.ts';
import type { Session } from './session.ts';

export async function tellLoop(
  session: Session,
  tell: () => Promise<unknown>,
  said: string,
): Promise<number> {
  const document = await reach(session, tell);
  await emit(session, document, () => `${said}\n`);
  return 0;
}
