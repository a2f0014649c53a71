/**
 * A runbook file as it was parsed: values with their places, whatever format they came in. The
 * nodes of packages/config have this form; core needs no YAML.
 */

/** `offset` and `length` count UTF-16 units of the file. */
export type TreeSpot = Readonly<{ offset: number; length: number }>;

export type TreeNode =
  | Readonly<{
      kind: 'scalar';
      value: string | number | boolean | null;
      /** As typed, without quotes. */
      text: string;
      /** Where character 0 of `text` stands; null: it cannot be mapped one to one. */
      textOffset: number | null;
      spot: TreeSpot;
    }>
  | Readonly<{ kind: 'list'; items: readonly TreeNode[]; spot: TreeSpot }>
  | TreeMap;
export type TreeMap = Readonly<{
  kind: 'map';
  entries: ReadonlyMap<string, Readonly<{ keySpot: TreeSpot; value: TreeNode }>>;
  spot: TreeSpot;
}>;

export type RunbookProblem = Readonly<{
  /** `E-RUNBOOK-…`, see docs/errors.md. */
  code: string;
  spot: TreeSpot;
  /** `steps.start.with.target`; empty for the file as a whole. */
  path: string;
  message: string;
  hint: string;
  /** The value or key found; null: something is missing. */
  seen: string | null;
  /** What would do; empty when it cannot be listed. The nearest is found by who shows it. */
  allowed: readonly string[];
}>;
