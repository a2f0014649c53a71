/** Numbers notices and keeps the last ones, so that a client that was away can take them up. */
import type { Notice } from '@fettle/core/supervise/effect';
import { PROTOCOL_VERSION, type Push } from '@fettle/core/supervise/protocol';

export type NoticeRing = Readonly<{
  epoch: string;
  seq(): number;
  add(notice: Notice): Push;
  /** What came after `seq`; null: no longer kept, or of another daemon. */
  after(epoch: string | null, seq: number): readonly Push[] | null;
}>;

/** Bound: about 1 KB each. */
export const maxNotices = 1_024;

export function createNoticeRing(epoch: string, bound = maxNotices): NoticeRing {
  const pushes: Push[] = [];
  let seq = 0;
  return {
    epoch,
    seq: () => seq,
    add(notice) {
      seq += 1;
      const push = { v: PROTOCOL_VERSION, epoch, seq, atMs: Date.now(), notice };
      pushes.push(push);
      // Cut in blocks: shifting one at a time moves the whole array each time.
      if (pushes.length > bound + bound / 4) pushes.splice(0, pushes.length - bound);
      return push;
    },
    after(fromEpoch, fromSeq) {
      if (fromEpoch !== epoch || fromSeq > seq) return null;
      if (fromSeq === seq) return [];
      const oldest = pushes[0]?.seq ?? seq + 1;
      if (fromSeq + 1 < oldest) return null;
      return pushes.slice(fromSeq + 1 - oldest);
    },
  };
}
