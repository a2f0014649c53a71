/** Makes a located tree of a plain value, for tests: offsets are those of its compact JSON. */
import type { TreeNode } from './runbook-tree.ts';

export function treeOf(value: unknown): TreeNode {
  let offset = 0;
  const take = (length: number): number => {
    offset += length;
    return offset - length;
  };
  const build = (each: unknown): TreeNode => {
    const from = offset;
    if (Array.isArray(each)) {
      take(1);
      const items = each.map((item, index) => {
        if (index > 0) take(1);
        return build(item);
      });
      take(1);
      return { kind: 'list', items, spot: { offset: from, length: offset - from } };
    }
    if (typeof each === 'object' && each !== null) {
      take(1);
      const given = Object.entries(each).filter(([, item]) => item !== undefined);
      const entries = given.map(([key, item], index) => {
        if (index > 0) take(1);
        const length = JSON.stringify(key).length;
        const keySpot = { offset: take(length), length };
        take(1);
        return [key, { keySpot, value: build(item) }] as const;
      });
      take(1);
      const spot = { offset: from, length: offset - from };
      return { kind: 'map', entries: new Map(entries), spot };
    }
    const length = JSON.stringify(each).length;
    const spot = { offset: take(length), length };
    const isText = typeof each === 'string';
    const text = isText ? each : String(each ?? '');
    const mapped = isText && JSON.stringify(each).length === each.length + 2;
    return {
      kind: 'scalar',
      value: each as string | number | boolean | null,
      text,
      textOffset: mapped ? from + 1 : null,
      spot,
    };
  };
  return build(value);
}
