/** Tells records from lists in plain data. */
import type { Value, ValueRecord } from '@fettle/core/loop/plan/expression/expression';

export function isRecord(value: Value): value is ValueRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
