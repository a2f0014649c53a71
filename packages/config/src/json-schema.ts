/** The JSON Schema of the config, made from the shapes that read it; for `.fettle/schema.json`. */
import { stackShape } from './keys/stack-keys.ts';
import type { JsonSchema } from './shape/shape.ts';

/** Draft 2020-12. */
export function configJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'fettle.yaml',
    description: 'A stack of services, in the words of the Compose specification and ours.',
    ...stackShape.json,
  };
}
