/** The brain over health: who may serve, who lives, what is done about a process that stands still. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Effect } from './effect.ts';
import type { Event, Exam } from './event.ts';
import type { HealthCheck } from './stack/health-check.ts';
import type { Answer } from './stack/health-state.ts';
import { isMending, openBrain, step } from './step.ts';

const health: HealthCheck = {
  name: 'health',
  role: 'both',
  probe: { kind: 'tcp', host: null, port: null },
  intervalMs: 1_000,
  timeoutMs: 500,
  downAfter: 3,
  upAfter: 2,
  startPeriodMs: 0,
  startIntervalMs: 0,
  required: true,
  attest: true,
};

const kinds = (list: readonly Effect[]) =>
  list.map((one) => (one.kind === 'tell' ? one.topic : one.kind));

/** A world of one service: says events, keeps the effects. */
function world(checks: readonly HealthCheck[] = [health]) {
  const brain = openBrain();
  const effects: Effect[] = [];
  let nowMs = 1_000;
  const say = (event: Event): readonly Effect[] => {
    const next = step(brain, event, nowMs);
    effects.push(...next);
    return next;
  };
  const seen = (token: string | null, more: Partial<Extract<Event, { kind: 'run-seen' }>> = {}) =>
    say({
      kind: 'run-seen',
      instance: 'api.1',
      service: 'api',
      token,
      checks,
      startedMs: nowMs,
      adopted: false,
      crashLoop: false,
      ...more,
    });
  const probe = (
    token: string | null,
    answer: Answer | 'ok' | 'stolen',
    check = 'health',
  ): readonly Effect[] => {
    nowMs += 1_000;
    const finding = {
      ok: answer === 'ok',
      durationMs: 1,
      detail: String(answer),
      attested: answer === 'stolen' ? false : null,
      answer: answer === 'ok' || answer === 'stolen' ? 'answered' : answer,
    } as const;
    return say({ kind: 'probed', instance: 'api.1', token, check, finding, beganMs: nowMs });
  };
  const probes = (token: string | null, answer: Parameters<typeof probe>[1], count: number) =>
    Array.from({ length: count }, () => probe(token, answer)).flat();
  const exam = (token: string, process: Exam['process']) =>
    say({
      kind: 'examined',
      instance: 'api.1',
      token,
      exam: { process, verdict: 'busy loop', evidence: 'evidence/x.txt' },
    });
  return {
    brain,
    effects,
    say,
    seen,
    probe,
    probes,
    exam,
    kinds,
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('readiness', () => {
  test('the first success is reported', () => {
    const w = world();
    w.seen('t1');
    expect(w.probe('t1', 'ok')).toContainEqual({
      kind: 'report',
      instance: 'api.1',
      token: 't1',
      ready: true,
      alive: true,
    });
  });

  test('three answers of 503 take readiness away and nothing else', () => {
    const w = world();
    w.seen('t1');
    w.probe('t1', 'ok');
    expect(w.kinds(w.probes('t1', 'answered', 30))).toEqual(['check.changed', 'report']);
  });

  test('an optional check decides nothing', () => {
    const w = world([health, { ...health, name: 'cache', required: false }]);
    w.seen('t1');
    w.probe('t1', 'ok');
    expect(w.brain.runs.get('api.1')?.ready).toBe(true);
  });

  test('a silenced check is asked and decides nothing, until it counts again', () => {
    const w = world([{ ...health, role: 'liveness' }]);
    w.seen('t1');
    w.probe('t1', 'ok');
    const silence = (...checks: string[]) =>
      w.say({ kind: 'silenced', service: 'api', checks: new Set(checks) });
    silence('health');
    expect(w.kinds(w.probes('t1', 'silent', 6))).toEqual([]);
    expect(w.brain.runs.get('api.1')).toMatchObject({ ready: true, alive: true });
    w.seen('t2');
    expect(w.kinds(w.probes('t2', 'silent', 6))).toEqual(['report']);
    expect(w.brain.runs.get('api.1')?.ready).toBe(true);
    expect(w.kinds(silence())).toEqual(['report']);
    expect(w.brain.runs.get('api.1')).toMatchObject({ ready: false });
  });

  test('a silenced check leaves the others their word', () => {
    const w = world([health, { ...health, name: 'ready', role: 'readiness' }]);
    w.say({ kind: 'silenced', service: 'api', checks: new Set(['ready']) });
    w.seen('t1');
    w.probes('t1', 'answered', 3);
    w.probe('t1', 'ok', 'ready');
    expect(w.brain.runs.get('api.1')?.ready).toBe(false);
  });

  test('with liveness alone, life is readiness', () => {
    const w = world([{ ...health, role: 'liveness' }]);
    w.seen('t1');
    w.probe('t1', 'ok');
    expect(w.brain.runs.get('api.1')?.ready).toBe(true);
  });

  test('everything is said again when the supervisor is back', () => {
    const w = world();
    w.seen('t1');
    w.probe('t1', 'ok');
    expect(w.kinds(w.say({ kind: 'link-restored' }))).toEqual(['report']);
  });

  test('an external service is reported by its own name and never acted on', () => {
    const w = world([{ ...health, role: 'liveness' }]);
    w.seen(null);
    w.probe(null, 'ok');
    const after = w.probes(null, 'silent', 10);
    expect(after).toContainEqual(
      expect.objectContaining({ kind: 'report', token: 'external:api.1', ready: false }),
    );
    expect(w.kinds(w.effects)).not.toContain('examine');
  });

  test('results of a run that is gone are ignored', () => {
    const w = world();
    w.seen('t1');
    w.seen('t2');
    expect(w.probe('t1', 'ok')).toEqual([]);
  });
});

describe('start and settle periods', () => {
  const slow = { ...health, startPeriodMs: 10_000 };

  test('failures within the start period decide nothing', () => {
    const w = world([slow]);
    w.seen('t1');
    expect(w.probes('t1', 'silent', 9)).toEqual([]);
    expect(w.kinds(w.probes('t1', 'silent', 3))).toContain('examine');
  });

  test('progress extends it, up to a bound', () => {
    const w = world([slow]);
    w.seen('t1');
    for (let i = 0; i < 90; i += 1) {
      w.probe('t1', 'silent');
      w.say({ kind: 'progressed', instance: 'api.1', token: 't1' });
    }
    expect(w.effects).toEqual([]);
    for (let i = 0; i < 30; i += 1) {
      w.probe('t1', 'silent');
      w.say({ kind: 'progressed', instance: 'api.1', token: 't1' });
    }
    expect(w.kinds(w.effects)).toContain('examine');
  });

  test('an adopted run is not judged in the first five seconds', () => {
    const w = world();
    w.seen('t1', { adopted: true, startedMs: -100_000 });
    expect(w.probes('t1', 'silent', 4)).toEqual([]);
    expect(w.kinds(w.probes('t1', 'silent', 4))).toContain('examine');
  });
});

const hung = (checks?: readonly HealthCheck[]) => {
  const w = world(checks);
  w.seen('t1');
  w.probe('t1', 'ok');
  const down = w.probes('t1', 'silent', 3);
  return { ...w, down };
};

describe('a hang', () => {
  test('is examined once, then ended with its evidence, then told healthy', () => {
    const w = hung();
    expect(w.kinds(w.down)).toEqual(['check.changed', 'report', 'examine']);
    expect(w.kinds(w.probes('t1', 'silent', 5))).toEqual([]);
    expect(isMending(w.brain, 'api.1', w.now())).toBe(true);
    const acts = w.exam('t1', 'running');
    expect(w.kinds(acts)).toEqual(['healing.killed', 'end']);
    expect(acts[1]).toMatchObject({ token: 't1', reason: 'hang', kill: true });
    w.say({ kind: 'run-gone', instance: 'api.1' });
    w.seen('t2');
    expect(w.kinds(w.probe('t2', 'ok'))).toEqual(['check.changed', 'report', 'healing.healthy']);
    expect(isMending(w.brain, 'api.1', w.now())).toBe(false);
    expect(w.effects.at(-1)).toMatchObject({ text: 'api.1 is healthy again after 8.0s' });
  });

  test('in state T is continued, not ended', () => {
    const w = hung();
    expect(w.kinds(w.exam('t1', 'stopped'))).toEqual(['healing.continued', 'continue', 'hasten']);
    expect(w.kinds(w.probes('t1', 'ok', 2))).toContain('healing.healthy');
  });

  test('that goes on after SIGCONT is ended at the next verdict', () => {
    const w = hung();
    w.exam('t1', 'stopped');
    expect(w.kinds(w.probes('t1', 'silent', 3))).toContain('examine');
    expect(w.kinds(w.exam('t1', 'running'))).toContain('end');
  });

  test('under a debugger is left alone until it answers', () => {
    const w = hung();
    expect(w.kinds(w.exam('t1', 'traced'))).toEqual(['healing.held']);
    expect(w.kinds(w.probes('t1', 'silent', 9))).toEqual([]);
    w.probes('t1', 'ok', 2);
    expect(w.kinds(w.probes('t1', 'silent', 3))).toContain('examine');
  });

  test('that ended meanwhile is not ours', () => {
    const w = hung();
    expect(w.exam('t1', 'gone')).toEqual([]);
    expect(isMending(w.brain, 'api.1', w.now())).toBe(false);
  });

  test('that answers while we look is spared', () => {
    const w = hung();
    w.probe('t1', 'ok');
    expect(w.exam('t1', 'running')).toEqual([]);
  });

  test('in a crash loop is left to the supervisor', () => {
    const w = world();
    w.seen('t1', { crashLoop: true });
    w.probe('t1', 'ok');
    expect(w.kinds(w.probes('t1', 'silent', 9))).not.toContain('examine');
  });

  test('is tried again when the supervisor could not be asked', () => {
    const w = hung();
    w.exam('t1', 'running');
    w.say({ kind: 'request-failed', instance: 'api.1', token: 't1', text: 'no answer' });
    expect(w.kinds(w.probes('t1', 'silent', 3))).toContain('examine');
  });

  test('that is not mended within its time is said so, once', () => {
    const w = hung();
    w.exam('t1', 'running');
    w.say({ kind: 'run-gone', instance: 'api.1' });
    w.seen('t2');
    const said = w.kinds(w.probes('t2', 'absent', 80)).filter((one) => one === 'healing.failed');
    expect(said).toEqual(['healing.failed']);
  });
});

describe('our own pause', () => {
  test('is no failure of theirs, and voids what was under way', () => {
    const w = world();
    w.seen('t1');
    w.probe('t1', 'ok');
    w.probes('t1', 'silent', 3);
    w.say({ kind: 'paused', fromMs: w.now(), toMs: w.now() + 30_000 });
    w.pass(30_000);
    expect(w.exam('t1', 'running')).toEqual([]);
    expect(w.kinds(w.probe('t1', 'silent'))).not.toContain('examine');
    w.pass(5_000);
    expect(w.kinds(w.probes('t1', 'silent', 2))).not.toContain('examine');
    expect(w.kinds(w.probe('t1', 'silent'))).toContain('examine');
  });
});

describe('flapping', () => {
  test('is told once and holds restarts', () => {
    const w = world();
    w.seen('t1');
    w.probe('t1', 'ok');
    for (let i = 0; i < 12; i += 1) w.probe('t1', i % 2 === 0 ? 'silent' : 'ok');
    expect(w.kinds(w.effects).filter((one) => one === 'check.flapping')).toHaveLength(1);
    expect(w.kinds(w.probes('t1', 'silent', 4))).not.toContain('examine');
    expect(w.kinds(w.probes('t1', 'silent', 16))).toContain('examine');
  });
});

describe('a stolen port', () => {
  test('costs one restart, never two', () => {
    const w = world();
    w.seen('t1');
    const acts = w.probes('t1', 'stolen', 3);
    expect(acts).toContainEqual({
      kind: 'end',
      instance: 'api.1',
      token: 't1',
      reason: 'port-stolen',
      kill: false,
    });
    w.seen('t2');
    expect(w.kinds(w.probes('t2', 'stolen', 9))).not.toContain('end');
  });
});

test('whatever is seen: an end only after an exam, an exam only after three silences in a row', () => {
  const answers = fc.constantFrom<Answer | 'ok' | 'stolen'>('ok', 'silent', 'absent', 'answered');
  const exams = fc.constantFrom<Exam['process']>('running', 'stopped', 'traced', 'gone');
  const acts = fc.array(fc.oneof(answers, fc.record({ exam: exams })), { maxLength: 120 });
  fc.assert(
    fc.property(acts, (list) => {
      const w = world();
      w.seen('t1');
      let row = 0;
      let asked = false;
      for (const one of list) {
        const effects = typeof one === 'string' ? w.probe('t1', one) : w.exam('t1', one.exam);
        if (typeof one === 'string') row = one === 'silent' || one === 'absent' ? row + 1 : 0;
        const kinds = w.kinds(effects);
        if (kinds.includes('examine')) {
          expect(row).toBeGreaterThanOrEqual(3);
          asked = true;
        }
        if (kinds.includes('end')) {
          expect(asked).toBe(true);
          asked = false;
        }
      }
    }),
  );
});
