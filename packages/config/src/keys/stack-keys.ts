/** Keys at the top of a config. */
import { pattern, text } from '../shape/scalars.ts';
import { mapping } from '../shape/mapping.ts';
import { anything, key, laterKey, mapOf } from '../shape/shape.ts';
import { namedVolumes } from './container-keys.ts';
import { namedSources } from './file-keys.ts';
import { constraints, healShape, notifyTargets, selfHealing } from './heal-keys.ts';
import { ignoredStackKeys } from './ignored-keys.ts';
import { reservedRanges } from './port-keys.ts';
import { serviceNamePattern, serviceShape } from './service-keys.ts';

export const stackNamePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;

const services = mapOf(
  serviceShape,
  'services, each a mapping with `command`',
  (name, spot, sink) => {
    if (serviceNamePattern.test(name)) return true;
    sink.add({
      code: 'E-CONFIG-NAME',
      spot,
      path: `services.${name}`,
      seen: name,
      message: `\`${name}\` cannot be the name of a service`,
      hint: 'Use up to 63 letters, digits, `.`, `_` and `-`; start with a letter or digit.',
    });
    return false;
  },
);

export const portsKeys = {
  reserved: key(
    reservedRanges,
    'fettle',
    'Port ranges by class, kept free of services of other classes.',
  ),
} as const;

export const stackKeys = {
  name: key(
    pattern(stackNamePattern, 'a name of lower-case letters, digits, - and _', 'E-CONFIG-NAME'),
    'compose',
    'Name of the stack; the name of the folder unless told. COMPOSE_PROJECT_NAME wins over it.',
  ),
  services: key(services, 'compose', 'What runs, by name.'),
  include: key(anything, 'compose', 'Other config files whose services belong to this stack.'),
  configs: key(namedSources, 'compose', 'Config files: watched, and their last good version kept.'),
  secrets: key(namedSources, 'compose', 'The same for secrets, whose content is never shown.'),
  volumes: key(namedVolumes, 'compose', 'Volumes of containers, by name.'),
  version: key(text(), 'compose', 'Obsolete in Compose, and ignored.'),
  ports: key(
    mapping(portsKeys, { wanted: 'a mapping with `reserved`' }),
    'fettle',
    'Rules for ports.',
  ),
  heal: key(
    healShape,
    'fettle',
    'What Fettle may mend by itself: a level, or a mapping. `policy.yaml` beside it wins.',
  ),
  self_healing: key(
    selfHealing,
    'fettle',
    'Capabilities, each on, off, or for a share of the services.',
  ),
  constraints: key(constraints, 'fettle', 'Conditions that must hold; a broken one is a symptom.'),
  notify: key(notifyTargets, 'fettle', 'Who is told of incidents.'),
  flags: laterKey(mapOf(anything, 'flags and their values'), 'fettle', 'Feature flags.'),
  retention: laterKey(anything, 'fettle', 'How long logs and figures are kept.'),
} as const;

export const stackShape = mapping(stackKeys, {
  wanted: 'a mapping with `services`',
  ignored: ignoredStackKeys,
  required: ['services'],
});
export type StackFields = NonNullable<ReturnType<typeof stackShape.read>>;
