/** The copy itself: stack and views, without Fettle's own instances (names with `@`). */
import type { Stack } from '@fettle/core/stack/service';
import type { Notice } from '@fettle/core/supervise/effect';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import type { Push, Snapshot } from '@fettle/core/supervise/protocol';

export type Mirror = Readonly<{
  stack(): Stack | null;
  /** In order of the file, then by replica. */
  instances(): readonly InstanceView[];
  instance(id: string): InstanceView | null;
  goingDown(): boolean;
  load(snapshot: Snapshot): void;
  /** A notice older than the last snapshot changes nothing. */
  apply(push: Push): void;
  skip(seq: number): void;
  isInternal(notice: Notice): boolean;
}>;

export function createMirror(): Mirror {
  let stack: Stack | null = null;
  let goingDown = false;
  let seq = 0;
  let views = new Map<string, InstanceView>();
  let sorted: readonly InstanceView[] | null = [];
  const order = (): readonly InstanceView[] => {
    const rank = new Map(stack?.services.map(({ name }, index) => [name, index]));
    const rankOf = (view: InstanceView): number => rank.get(view.service) ?? rank.size;
    return [...views.values()].toSorted(
      (one, other) => rankOf(one) - rankOf(other) || one.replica - other.replica,
    );
  };
  return {
    stack: () => stack,
    instances: () => (sorted ??= order()),
    instance: (id) => views.get(id) ?? null,
    goingDown: () => goingDown,
    load(snapshot) {
      const { stack: whole } = snapshot;
      const services = whole?.services.filter(({ name }) => !name.startsWith('@')) ?? [];
      stack = whole === null ? null : { ...whole, services };
      const own = snapshot.instances.filter(({ service }) => !service.startsWith('@'));
      views = new Map(own.map((view) => [view.instance, view]));
      goingDown = snapshot.goingDown;
      seq = snapshot.seq;
      sorted = null;
    },
    apply({ notice, seq: own }) {
      if (own <= seq) return;
      seq = own;
      if (notice.kind === 'command-taken' && notice.command === 'down') goingDown = true;
      if (notice.kind === 'instance-changed') {
        // The place in the order stays unless the instance is new.
        const known = views.has(notice.view.instance);
        views.set(notice.view.instance, notice.view);
        const { view } = notice;
        sorted = known
          ? (sorted?.map((one) => (one.instance === view.instance ? view : one)) ?? null)
          : null;
      }
      if (notice.kind === 'instance-removed') {
        views.delete(notice.instance);
        sorted = null;
      }
    },
    skip(own) {
      seq = Math.max(seq, own);
    },
    isInternal(notice) {
      if (notice.kind === 'instance-changed') return notice.view.service.startsWith('@');
      return 'instance' in notice && notice.instance.startsWith('@');
    },
  };
}
