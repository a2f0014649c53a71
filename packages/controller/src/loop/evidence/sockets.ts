/** The TCP sockets of the processes: with whom, in which state, how much waits to be read. */
import { listSocketInodes } from '@fettle/proc/open-files';
import { addressText, readTcpTable } from '@fettle/proc/tcp-table';
import { pidsOfRun } from '../../health/hang-sample.ts';
import type { EvidenceKind } from './evidence-kind.ts';

export const sockets: EvidenceKind = {
  what: 'sockets',
  gather({ views }) {
    const table = readTcpTable();
    if (table === null) return Promise.resolve('the table of sockets is not readable');
    const text = views.flatMap((view) => {
      const holders = new Map<number, number>();
      for (const pid of pidsOfRun(view))
        for (const inode of listSocketInodes(pid)?.keys() ?? []) holders.set(inode, pid);
      const rows = table.flatMap(
        ({ inode, state, local, localPort, remote, remotePort, unread }) => {
          const pid = holders.get(inode);
          if (pid === undefined) return [];
          const far = state === 'listen' ? '' : ` to ${addressText(remote)}:${remotePort}`;
          const from = `${addressText(local)}:${localPort}`;
          return [`pid ${pid} ${state} ${from}${far}, ${unread} waiting`];
        },
      );
      return [`== ${view.instance}: ${rows.length} sockets`, ...rows, ''];
    });
    return Promise.resolve(text.join('\n'));
  },
};
