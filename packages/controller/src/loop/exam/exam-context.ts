/** What the parts of an exam share: the service, its runs, and the readings that several need. */
import type { Service, Stack } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { TcpSocket } from '@fettle/proc/tcp-table';
import type { LogsPart, SupervisorLink } from '../../parts.ts';
import type { FileLedger } from '../ledger/file-ledger.ts';
import type { NameMemory } from '../name-memory.ts';

export type ExamDeps = Readonly<{
  link: Pick<SupervisorLink, 'stack' | 'instances' | 'instance'>;
  logs: Pick<LogsPart, 'tail'>;
  /** The loop's clock. */
  nowMs: () => number;
  /** Exit records by run token: what one of them names was ours once. */
  runsDir: string;
  /** null: no ledger of files is kept. */
  files: Pick<FileLedger, 'watched' | 'state'> | null;
  /** null: nothing is remembered of names. */
  names: Pick<NameMemory, 'lastGood'> | null;
}>;

export type ExamContext = Readonly<{
  deps: ExamDeps;
  stack: Stack;
  service: Service;
  views: readonly InstanceView[];
  /** Last lines of its runs, oldest first, redacted; the errors among them matter. */
  lines: readonly string[];
  /** Processes of every instance of the stack, by instance; from one pass over /proc. */
  pids: ReadonlyMap<string, readonly number[]>;
  /** Read once for all; null: unreadable. */
  sockets: readonly TcpSocket[] | null;
}>;
