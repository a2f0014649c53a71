/**
 * An expression of a runbook or a constraint: its text, its syntax tree, and what it must ask the
 * world before it can be decided. Total: no loops but `any`/`all` over bounded lists.
 */

export type Expression = Readonly<{ text: string; node: Node }>;

/** Offsets count UTF-16 code units from the start of the text. */
export type Node = Readonly<{ from: number; to: number }> &
  /** `unit` tells `10s` and `10MB` from a plain 10. */
  (
    | Readonly<{ kind: 'literal'; value: Value; unit?: 'duration' | 'bytes' }>
    | Readonly<{ kind: 'name'; name: string }>
    | Readonly<{ kind: 'member'; of: Node; name: string }>
    | Readonly<{ kind: 'call'; name: string; args: readonly Node[] }>
    | Readonly<{ kind: 'unary'; op: 'not' | '-'; of: Node }>
    | Readonly<{ kind: 'binary'; op: BinaryOp; left: Node; right: Node }>
    | Readonly<{ kind: 'list'; items: readonly Node[] }>
    | Readonly<{ kind: 'quantified'; all: boolean; name: string; over: Node; that: Node }>
  );

export type BinaryOp =
  | 'or'
  | 'and'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '~'
  | 'in'
  | '+'
  | '-'
  | '*'
  | '/';

/** Durations are ms, sizes bytes, per cents ratios. null: not known; comparisons with it are false. */
export type Value = null | boolean | number | string | readonly Value[] | ValueRecord;
export type ValueRecord = Readonly<{ [field: string]: Value }>;

/** A question that only the shell can answer, in a form that equals itself: the ask's key. */
export type FactCall = Readonly<{ name: string; args: readonly Value[] }>;
