/**
 * A draft as the text of a `fettle.yaml`: comments above the services they belong to, what has no
 * word here under `x-<format>`.
 */
import { Document, isMap as isYamlMap, isScalar } from 'yaml';
import { isMap, type Draft, type DraftService, type Plain, type PlainMap } from './draft.ts';

/** `head`: lines of comment for the top of the file. */
export function writeDraft(draft: Draft, head: readonly string[] = []): string {
  // As YAML 1.1 reads it, too: `no` and `on` in quotes.
  const document = new Document(contentOf(draft), { compat: 'yaml-1.1' });
  const top = [...head, ...draft.comments];
  if (top.length > 0) document.commentBefore = commentText(top);
  const services: unknown = document.get('services');
  if (isYamlMap(services))
    services.items.forEach((pair, index) => {
      const { key } = pair;
      const comments = draft.services[index]?.comments ?? [];
      if (isScalar(key) && comments.length > 0) key.commentBefore = commentText(comments);
      if (index > 0 && isScalar(key)) key.spaceBefore = true;
    });
  const entries = isYamlMap(document.contents) ? document.contents.items : [];
  for (const { key } of entries.slice(1)) if (isScalar(key)) key.spaceBefore = true;
  return document.toString({ lineWidth: 0 });
}

function contentOf(draft: Draft): PlainMap {
  const content: Record<string, Plain> = {};
  if (draft.name !== null) content['name'] = draft.name;
  content['services'] = Object.fromEntries(
    draft.services.map((service) => [service.name, serviceContent(service, draft.format)]),
  );
  if (Object.keys(draft.kept).length > 0) content[`x-${draft.format}`] = draft.kept;
  return draft.dollars === 'literal' ? (escaped(content) as PlainMap) : content;
}

function serviceContent({ keys, kept }: DraftService, format: Draft['format']): PlainMap {
  return Object.keys(kept).length === 0 ? keys : { ...keys, [`x-${format}`]: kept };
}

/** `$` is text there; here it would begin a variable. */
function escaped(value: Plain): Plain {
  if (typeof value === 'string')
    return value.replaceAll('$', '$$$$').replaceAll(/\uE000(\w+)\uE001/g, '$${$1}');
  if (!isMap(value)) return Array.isArray(value) ? value.map(escaped) : value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]));
}

const commentText = (lines: readonly string[]): string =>
  lines.map((text) => (text === '' ? '' : ` ${text}`)).join('\n');
