/** Templates with absolute paths, and those whose edit restarts the service. */
import { resolve } from 'node:path';
import type { Template } from '@fettle/core/stack/service';
import type { ServiceFields } from '../keys/service-keys.ts';

export function buildTemplates(fields: ServiceFields): readonly Template[] {
  return (fields.templates?.value ?? []).flatMap(({ value: { from, to, mode } }) =>
    from === undefined || to === undefined
      ? []
      : [
          {
            from: resolve(from.node.spot.source.baseDir, from.value),
            to: resolve(to.node.spot.source.baseDir, to.value),
            ...(mode === undefined ? {} : { mode: Number.parseInt(mode.value, 8) }),
          },
        ],
  );
}

/** Files of templates whose edit restarts the service. */
export function templatesToWatch(fields: ServiceFields): readonly string[] {
  return (fields.templates?.value ?? []).flatMap(({ value: { from, on_change: action } }) =>
    from === undefined || action?.value !== 'restart'
      ? []
      : [resolve(from.node.spot.source.baseDir, from.value)],
  );
}
