/** Reads one value by `$.a.b[0]['c d']`. Source: RFC 9535, the part that names a single node. */
import { nodeUtil } from '@fettle/sdk/builtin';
import { FettleError } from '@fettle/sdk/fettle-error';

export type JsonPath = readonly (string | number)[];

const segment = /\.([A-Za-z_$][\w$-]*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/gy;

/** @throws FettleError E-HEALTH-PROBE when the path is not of that form. */
export function readJsonPath(text: string): JsonPath {
  const path: (string | number)[] = [];
  let at = text.startsWith('$') ? 1 : -1;
  while (at >= 0 && at < text.length) {
    segment.lastIndex = at;
    const match = segment.exec(text);
    if (match === null) at = -1;
    else {
      const name = match[1] ?? match[3] ?? match[4];
      path.push(match[2] === undefined ? unescape(name ?? '') : Number(match[2]));
      at = segment.lastIndex;
    }
  }
  if (at >= 0) return path;
  throw new FettleError('E-HEALTH-PROBE', `${text} is no JSON path`, {
    hint: "Write it like $.status, $.checks[0].ok or $['a b'].",
  });
}

/** undefined: nothing is there. */
export function valueAt(document: unknown, path: JsonPath): unknown {
  let value = document;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}

export function sameJson(a: unknown, b: unknown): boolean {
  return nodeUtil().isDeepStrictEqual(a, b);
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}
