/** Every kind of evidence that a runbook may ask for. */
import { changes } from './changes.ts';
import type { EvidenceKind } from './evidence-kind.ts';
import { fds } from './fds.ts';
import { logs } from './logs.ts';
import { processes } from './processes.ts';
import { sockets } from './sockets.ts';
import { stacks } from './stacks.ts';

export const allEvidence: readonly EvidenceKind[] = [
  logs,
  processes,
  sockets,
  stacks,
  fds,
  changes,
];
