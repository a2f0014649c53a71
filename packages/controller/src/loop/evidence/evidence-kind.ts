/**
 * One kind of evidence: what is looked at of a service before anything is done about it. Nothing is
 * sent to a process; what is not readable says so. One file a kind, one line in `all.ts`.
 */
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Journal, LogsPart } from '../../parts.ts';
import type { FileLedger } from '../ledger/file-ledger.ts';

export type EvidenceDeps = Readonly<{
  /** Of the service in question; empty when the kind is about the whole stack. */
  views: readonly InstanceView[];
  /** null: the whole stack. */
  service: string | null;
  logs: Pick<LogsPart, 'tail'>;
  journal: Pick<Journal, 'read'>;
  files: Pick<FileLedger, 'watched' | 'state'>;
  /** Wall clock. */
  nowMs: number;
}>;

export type EvidenceKind = Readonly<{
  /** `logs`, as runbooks say it. */
  what: string;
  /** Text for people, redacted by the caller. */
  gather(deps: EvidenceDeps): Promise<string>;
}>;
