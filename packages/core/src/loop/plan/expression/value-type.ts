/**
 * Types of expressions. Numbers keep their dimension: a duration is not compared with a size, nor
 * either with a bare number, except 0.
 */

export type ValueType =
  /** Not known before it is evaluated; fits everything. */
  | 'any'
  | 'null'
  | 'boolean'
  | 'number'
  /** ms */
  | 'duration'
  | 'bytes'
  /** Epoch ms of the loop's clock. */
  | 'time'
  /** `low medium high critical`, ordered. */
  | 'risk'
  | 'string'
  | Readonly<{ list: ValueType }>
  | Readonly<{ record: Readonly<Record<string, ValueType>> }>;

export function typeWords(type: ValueType): string {
  if (typeof type !== 'string') {
    if ('list' in type) return `a list of ${plural(type.list)}`;
    return `a record with ${Object.keys(type.record).join(', ')}`;
  }
  const words: Readonly<Record<Extract<ValueType, string>, string>> = {
    any: 'a value',
    null: 'null',
    boolean: 'true or false',
    number: 'a number',
    duration: 'a duration',
    bytes: 'a size',
    time: 'a time',
    risk: 'a risk',
    string: 'a text',
  };
  return words[type];
}

function plural(type: ValueType): string {
  return typeof type === 'string' ? typeWords(type).replace(/^an? /, '') + 's' : 'values';
}

/** May a value of type `given` stand where `wanted` is wanted? */
export function fits(given: ValueType, wanted: ValueType): boolean {
  if (given === 'any' || wanted === 'any' || given === 'null') return true;
  if (typeof given === 'string' || typeof wanted === 'string') return given === wanted;
  if ('list' in given) return 'list' in wanted && fits(given.list, wanted.list);
  return 'record' in wanted;
}

export const numeric: readonly ValueType[] = ['number', 'duration', 'bytes', 'time', 'risk'];
