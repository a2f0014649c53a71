/**
 * Carries acts out for the loop: by name, within their time, at most once per key.
 *
 * A key that was begun before is never simply repeated. What ended is answered from the note; what
 * a crash cut off is observed first, and done only where it is certain that it was not. Answers
 * are the loop's events; nothing here throws.
 */
import type { LoopEvent } from '@fettle/core/loop-event';
import type { Value } from '@fettle/core/loop/plan/expression/expression';
import { conceal } from '../../conceal.ts';
import { FettleError } from '@fettle/sdk/fettle-error';
import { failed, noMeans } from './act-error.ts';
import type { ActContext, ActionPlan, Action, ActParams, Seen } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { linkUp } from './link-up.ts';

export type Deed = Readonly<{
  key: string;
  action: string;
  params: ActParams;
  capture: Value;
  timeoutMs: number;
}>;

type Event<Kind extends LoopEvent['kind']> = Extract<LoopEvent, Readonly<{ kind: Kind }>>;

export type Actions = Readonly<{
  /** Free of side effects: what a dry run prints. @throws FettleError. */
  plan(action: string, params: ActParams): Promise<ActionPlan>;
  capture(deed: Omit<Deed, 'capture'>): Promise<Event<'captured'>>;
  act(deed: Deed): Promise<Event<'acted'>>;
  undo(deed: Deed): Promise<Event<'undone'>>;
  observe(deed: Deed): Promise<Event<'act-observed'>>;
}>;

export function openActions(actions: readonly Action[], world: ActionWorld): Actions {
  const byName = new Map(actions.map((action) => [action.name, action]));
  const find = (name: string): Action => {
    const action = byName.get(name);
    if (action !== undefined) return action;
    throw noMeans(`this Fettle has no action ${name}`, 'Correct the runbook.');
  };
  return {
    plan: async (action, params) => find(action).plan(params, world),
    async capture({ key, action, params, timeoutMs }) {
      try {
        const capture = await within(timeoutMs, async () => {
          await linkUp(world, timeoutMs / 2);
          return find(action).capture(params, world);
        });
        return { kind: 'captured', key, ok: true, detail: '', capture };
      } catch (error) {
        return { kind: 'captured', key, ok: false, detail: textOf(error), capture: null };
      }
    },
    async act(deed) {
      const { key, params, capture } = deed;
      const done = await once(world, deed, key, {
        work: (context) => find(deed.action).apply(params, capture, context),
        seen: (context) => find(deed.action).observe(params, capture, context),
      });
      return { kind: 'acted', key, ...done };
    },
    async undo(deed) {
      const { key, params, capture } = deed;
      const done = await once(world, deed, `${key}/undo`, {
        work(context) {
          const { undo } = find(deed.action);
          if (undo === null) throw noMeans(`${deed.action} cannot be taken back`, 'Look yourself.');
          return undo(params, capture, context);
        },
        // An inverse sets a state: to set it again does no harm.
        seen: () => Promise.resolve('not-done'),
      });
      return { kind: 'undone', key, ...done };
    },
    async observe(deed) {
      const { key, action, params, capture } = deed;
      const seen = await seenOf(world, deed, (context) =>
        find(action).observe(params, capture, context),
      );
      return { kind: 'act-observed', key, seen };
    },
  };
}

type Done = Readonly<{ ok: boolean; detail: string }>;
type Work = Readonly<{
  work(context: ActContext): Promise<string>;
  seen(context: ActContext): Promise<Seen>;
}>;

async function once(world: ActionWorld, deed: Deed, key: string, what: Work): Promise<Done> {
  const { deeds } = world;
  const before = deeds.state(key);
  if (before === 'done' || before === 'failed')
    return { ok: before === 'done', detail: deeds.detail(key) };
  try {
    if (before === 'begun') {
      const seen = await seenOf(world, { ...deed, key }, what.seen);
      if (seen === 'done') return ended(world, key, { ok: true, detail: 'it was done already' });
      if (seen === 'unknown')
        return { ok: false, detail: 'whether it was done is not known: it is not done again' };
    }
    const detail = await within(deed.timeoutMs, async (signal) => {
      await linkUp(world, deed.timeoutMs / 2);
      deeds.begin(key);
      return what.work({ world, key, timeoutMs: deed.timeoutMs, signal });
    });
    return ended(world, key, { ok: true, detail });
  } catch (error) {
    return ended(world, key, { ok: false, detail: textOf(error) });
  }
}

function ended({ deeds }: ActionWorld, key: string, done: Done): Done {
  deeds.end(key, done.ok ? 'done' : 'failed', done.detail);
  return done;
}

const observeMs = 8_000;

async function seenOf(
  world: ActionWorld,
  { key, timeoutMs }: Deed,
  seen: (context: ActContext) => Promise<Seen>,
): Promise<Seen> {
  const state = world.deeds.state(key);
  if (state === 'none') return 'not-done';
  if (state === 'done') return 'done';
  try {
    return await within(observeMs, async (signal) => {
      await linkUp(world, observeMs / 2);
      return seen({ world, key, timeoutMs, signal });
    });
  } catch {
    return 'unknown';
  }
}

/** @throws FettleError E-ACT-FAILED at the deadline; the work is told to begin nothing more. */
async function within<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = Promise.withResolvers<never>();
  // A little later than the signal, so that the work can say itself where it stood.
  const timer = setTimeout(() => {
    abort.abort();
    setTimeout(() => late.reject(failed(`no end within ${timeoutMs} ms`)), afterwordMs).unref();
  }, timeoutMs);
  try {
    return await Promise.race([work(abort.signal), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const afterwordMs = 500;

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const hint = error instanceof FettleError ? `. ${error.hint}` : '';
  return conceal(`${text}${hint}`).slice(0, 600);
}
