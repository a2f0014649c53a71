/** Warns before a start that the machine may be too small for. Never refuses. */
import type { Stack } from '@fettle/core/stack/service';
import type { Session } from '../session.ts';

export async function warnOfShortage(_session: Session, _stack: Stack): Promise<void> {
  return Promise.resolve();
}
