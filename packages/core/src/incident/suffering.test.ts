import { expect, test } from 'vitest';
import type { DiagnosisClass } from '../loop/diagnose/diagnosis.ts';
import type { Symptom } from '../loop/detect/symptom.ts';
import { sufferingOf } from './suffering.ts';

const shows = (target: string, kind: Symptom['kind'], severity: Symptom['severity']) =>
  ({ target, kind, severity }) as Symptom;
const held = (cause: DiagnosisClass, confidence = 0.9) => ({
  class: cause,
  target: 'press',
  confidence,
});
const check = (
  symptoms: readonly Symptom[],
  diagnosis: ReturnType<typeof held>,
  expected: readonly string[],
) => expect(sufferingOf({ symptoms: [...symptoms] }, diagnosis)).toEqual(expected);

const down = shows('intake', 'check-down', 'error');

test('who shows an error', () => check([down], held('link_latency'), ['intake']));
test('a warning is no failing', () =>
  check([shows('press', 'anomaly', 'warn')], held('crash'), []));
test('who holds the room that others lack', () =>
  check([down], held('deleted_open_file'), ['intake', 'press']));
test('who leaks and is due', () =>
  check([shows('press', 'forecast', 'warn')], held('mem_leak'), ['press']));
test('who leaks and has time', () =>
  check([shows('press', 'forecast', 'info')], held('mem_leak'), []));
test('another that is due says nothing of it', () =>
  check([shows('web', 'forecast', 'warn')], held('mem_leak'), []));
test('a guess spares it', () => check([down], held('deleted_open_file', 0.7), ['intake']));
