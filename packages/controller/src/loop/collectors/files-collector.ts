/** Edits of watched files, as rows of the change ledger. */
import type { Collector } from './collector.ts';

export const filesCollector: Collector = {
  name: 'files',
  start({ files, emit }) {
    return files?.onChange((change) => emit([{ kind: 'changed', change }])) ?? (() => undefined);
  },
};
