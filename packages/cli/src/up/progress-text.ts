/**
 * Lines of `fettle up` while a stack comes up: one for each change of a service's word, so that a
 * log file of it reads like what a person saw.
 */
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint, stateGlyph, toneOf } from '../terminal/paint.ts';
import { padTo, widthOf, wrapWords } from '../terminal/width.ts';

export type ProgressLine = Readonly<{ service: ServiceStatus; elapsedMs: number }>;

/** `  ● api      ready    2.1s   :8001   pid 8123   note`. */
export function renderProgress(line: ProgressLine, look: Look, nameColumns: number): string {
  const { service } = line;
  const word = paint(look, toneOf(service.state), padTo(progressWord(service), 10));
  const head = [
    `  ${stateGlyph(look, service.state)} ${padTo(service.name, nameColumns)}`,
    word,
    padTo(secondsText(line.elapsedMs), 6, 'right'),
    padTo(service.port === null ? '' : `:${service.port}`, 6),
    padTo(service.pid === null ? '' : `pid ${service.pid}`, 11),
  ].join(' ');
  const note = fitCharset(noteOf(service), look.unicode);
  if (note === '') return `${head.trimEnd()}\n`;
  const room = look.columns - widthOf(head) - 2;
  if (widthOf(note) <= room) return `${head}  ${note}\n`;
  const below = wrapWords(note, Math.max(20, look.columns - 6));
  return `${head.trimEnd()}\n${below.map((part) => `      ${part}\n`).join('')}`;
}

export function secondsText(elapsedMs: number): string {
  return `${(elapsedMs / 1_000).toFixed(1)}s`;
}

/** People wait for `ready`; the status word for the same is `ok`. */
function progressWord({ state, rolling }: ServiceStatus): string {
  if (rolling?.phase === 'under-way') return 'rolling';
  return state === 'ok' ? 'ready' : state;
}

function noteOf(service: ServiceStatus): string {
  const { rolling } = service;
  if (rolling?.phase === 'under-way') return `${rolling.done} of ${rolling.of} replicas taken`;
  if (service.state === 'starting') return waitText(service);
  if (service.why !== null) return service.why;
  const ready = service.instances.filter(({ ready: isReady }) => isReady).length;
  return service.instances.length > 1 ? `${ready} of ${service.instances.length}` : '';
}

/** While it starts, what it waits for says more than how long it has. */
function waitText(service: ServiceStatus): string {
  const [first] = service.instances.flatMap(({ waitingFor }) => waitingFor);
  if (first === undefined) return '';
  return `waits for ${first.service} (${conditionText(first.condition)})`;
}

function conditionText(condition: string): string {
  switch (condition) {
    case 'service_healthy':
      return 'until it is healthy';
    case 'service_completed_successfully':
      return 'until it is done';
    case 'service_started':
      return 'until it has started';
    default:
      return condition;
  }
}
