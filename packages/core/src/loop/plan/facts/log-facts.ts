/** What a service's log says: lines by template, so that a flood costs no more than a whisper. */
import type { Value } from '../expression/expression.ts';
import { patternOf } from '../expression/pattern.ts';
import type { FactParam, FactWorld, PictureFact } from './fact.ts';
import { serviceOf, serviceParam, sinceOf } from './service-of.ts';

const patternParam: FactParam = { name: 'pattern', type: 'string', pattern: true };
const windowParam: FactParam = { name: 'window', type: 'duration', fallback: null };
/** Newest templates that are looked at. */
const MAX_TEMPLATES = 300;

function linesLike(world: FactWorld, args: readonly Value[]): number | null {
  const [name, text, window] = args;
  const service = serviceOf(world, name);
  const pattern = typeof text === 'string' ? patternOf(text) : null;
  if (service === null || pattern === null) return null;
  const sinceMs = sinceOf(world, window, 120_000);
  return service.templates
    .templates()
    .slice(0, MAX_TEMPLATES)
    .filter((template) => template.lastMs >= sinceMs)
    .filter((template) => pattern(template.example) || pattern(template.text))
    .reduce((sum, { id }) => sum + service.templates.countSince(id, sinceMs, world.nowMs + 1), 0);
}

export const logFacts: readonly PictureFact[] = [
  {
    name: 'log_seen',
    params: [serviceParam, patternParam, windowParam],
    result: 'boolean',
    about:
      'Did its log say something like the pattern, in the window (the clean window; 2 min outside of `verify`)?',
    example: "log_seen(target, 'password authentication failed', 60s)",
    source: 'picture',
    answer: (world, args) => {
      const lines = linesLike(world, args);
      return lines === null ? null : lines > 0;
    },
  },
  {
    name: 'log_count',
    params: [serviceParam, patternParam, windowParam],
    result: 'number',
    about: 'How many lines were like the pattern.',
    example: "log_count(target, 'timeout', 60s) > 10",
    source: 'picture',
    answer: (world, args) => linesLike(world, args),
  },
  {
    name: 'log_rate',
    params: [serviceParam],
    result: 'number',
    about: 'Lines per second that it writes.',
    example: 'log_rate(target) > 500',
    source: 'picture',
    answer: (world, [name]) => {
      const service = serviceOf(world, name);
      if (service === null) return null;
      return world.picture.series.last(service.name, 'lines_per_s', world.nowMs);
    },
  },
];
