/**
 * What holds of every action, whatever it does; each is put on a stage of its own, with real
 * processes or files. A stage says how its part of the world looks (`look`), so that "nothing was
 * changed", "it was changed once" and "it is as it was" can be told.
 */
import { actionSpecs } from '@fettle/core/loop/plan/action-specs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openActions } from './act-once.ts';
import type { Action, ActParams } from './action.ts';
import type { ActionWorld } from './action-world.ts';
import { allActions } from './all.ts';
import { openDeeds } from './deeds.ts';
import { lackingActions } from './lacking.ts';
import { wordsActions } from './words.ts';

export type Stage = Readonly<{
  world: ActionWorld;
  params: ActParams;
  /** Its part of the world, comparable; `undo` must bring exactly this back. */
  look: () => unknown;
  /** In place of the one that all use. */
  action?: Action;
  /** Waits until the effect shows. */
  settle?: () => Promise<void>;
  /** Like `look`, and different after a second effect: counts lives, files, calls. */
  count?: () => unknown;
  end: () => Promise<void> | void;
}>;

export type StageOptions = Readonly<{
  name: string;
  open: () => Promise<Stage> | Stage;
  /** What `observe` says when the act was begun, came about, and we died before hearing of it. */
  seenAfterCrash: 'done' | 'not-done' | 'unknown';
  /** What it says when we died before the effect. */
  seenBeforeEffect?: 'not-done' | 'unknown' | 'done';
}>;

const timeoutMs = 15_000;

export function actionContract(options: StageOptions): void {
  const { name, open, seenAfterCrash, seenBeforeEffect = 'not-done' } = options;
  describe(name, () => {
    let stage: Stage;
    let action: Action;
    beforeAll(async () => {
      stage = await open();
      action = stage.action ?? find(name);
    });
    afterAll(() => stage.end());

    const actions = () => openActions([action], stage.world);
    const deed = (key: string, capture: unknown) =>
      ({ key, action: name, params: stage.params, capture: capture as never, timeoutMs }) as const;
    /** A new controller on what is on disk. */
    const reborn = () => {
      const deeds = openDeeds(stage.world.paths.stateDir);
      return openActions([action], { ...stage.world, deeds });
    };
    const first = `contract/${name}/1`;
    let capture: unknown;
    let before: unknown;
    let afterOnce: unknown;
    const count = (): unknown => (stage.count ?? stage.look)();

    test('to plan and to capture changes nothing', async () => {
      before = stage.look();
      const planned = await action.plan(stage.params, stage.world);
      expect(planned.means).toBe('present');
      expect(planned.text.length).toBeGreaterThan(3);
      expect(planned.command.length).toBeGreaterThan(1);
      expect(action.describe(stage.params).length).toBeGreaterThan(3);
      const captured = await actions().capture({ ...deed(first, null) });
      expect(captured).toMatchObject({ ok: true });
      expect(JSON.parse(JSON.stringify(captured.capture))).toEqual(captured.capture);
      ({ capture } = captured);
      expect(stage.look()).toEqual(before);
    });

    test('what was not begun was not done', async () => {
      expect((await reborn().observe(deed(first, capture))).seen).toBe('not-done');
      stage.world.deeds.begin(first);
      expect((await reborn().observe(deed(first, capture))).seen).toBe(seenBeforeEffect);
      stage.world.deeds.end(first, 'failed', 'only tried out');
    });

    const second = `contract/${name}/2`;
    test('it is done once, however often it is asked for', async () => {
      const done = await actions().act(deed(second, capture));
      expect(done).toMatchObject({ ok: true, kind: 'acted', key: second });
      await stage.settle?.();
      const counted = count();
      expect(await actions().act(deed(second, capture))).toEqual(done);
      expect(await reborn().act(deed(second, capture))).toMatchObject({ ok: true });
      expect(count()).toEqual(counted);
      afterOnce = counted;
    });

    test('after a crash before we heard of it, the truth is told and nothing is done twice', async () => {
      stage.world.deeds.begin(second);
      const counted = count();
      expect((await reborn().observe(deed(second, capture))).seen).toBe(seenAfterCrash);
      if (seenAfterCrash === 'not-done') return;
      const again = await reborn().act(deed(second, capture));
      expect(again.ok).toBe(seenAfterCrash === 'done');
      expect(count()).toEqual(counted);
    });

    test('the way back leads exactly to where it was', async () => {
      const undone = await actions().undo(deed(second, capture));
      if (action.undo === null) {
        expect(undone).toMatchObject({ ok: false, detail: expect.stringContaining('taken back') });
        expect(count()).toEqual(afterOnce);
        return;
      }
      expect(undone).toMatchObject({ ok: true, kind: 'undone', key: second });
      expect(stage.look()).toEqual(before);
      expect(await actions().undo(deed(second, capture))).toEqual(undone);
      expect(stage.look()).toEqual(before);
    });
  });
}

function find(name: string): Action {
  const action = allActions.find((one) => one.name === name);
  if (action === undefined) throw new TypeError(`no action ${name}`);
  return action;
}

/** The table that the gate decides by and the code agree. */
export function vocabularyContract(): void {
  test('every action of the vocabulary is carried out here, and no other', () => {
    const names = allActions.map(({ name }) => name).toSorted();
    expect(names).toEqual([...actionSpecs.keys()].toSorted());
  });
  test('what can be taken back has a way back, and nothing else has', () => {
    const aside = new Set([...lackingActions, ...wordsActions].map(({ name }) => name));
    const wrong = allActions.filter(({ name, undo }) => {
      const { irreversible } = actionSpecs.get(name) ?? {};
      return !aside.has(name) && (irreversible === null) !== (undo !== null);
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
  test.each(lackingActions)('$name is planned with a command, and never done', async (action) => {
    const params = { target: 'api', host: 'db', flag: 'new', value: true };
    const planned = await action.plan(params, null as never);
    expect(planned.means).toBe('absent');
    expect(planned.lacks?.length).toBeGreaterThan(3);
    expect(planned.command.length).toBeGreaterThan(10);
    await expect(action.capture(params, null as never)).rejects.toThrow(/no means for/);
    await expect(action.apply(params, null, null as never)).rejects.toThrow(/no means for/);
  });
}
