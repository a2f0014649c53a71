/** Builds a schedule, and refuses what contradicts one. */
import type { Schedule } from '@fettle/core/stack/schedule';
import type { Service } from '@fettle/core/stack/service';
import type { ScheduleFields } from '../keys/schedule-keys.ts';
import type { ServiceFields } from '../keys/service-keys.ts';
import { firstLine } from '../shape/shape.ts';
import type { ConfigNode } from '../source/node.ts';
import type { BuildContext } from './context.ts';

const graceMs = 600_000;

export function buildSchedule(
  fields: ServiceFields,
  name: string,
  context: BuildContext,
): Pick<Service, 'schedule'> {
  const wish = fields.schedule;
  const cron = wish?.value.cron?.value;
  if (wish === undefined || cron === undefined) return {};
  refuseContradictions(fields, name, context);
  return { schedule: scheduleOf(wish.value, cron) };
}

function scheduleOf(fields: ScheduleFields, cron: string): Schedule {
  return {
    cron,
    timezone: fields.timezone?.value ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    missed: fields.missed?.value ?? 'once',
    overlap: fields.overlap?.value ?? 'skip',
    jitterMs: fields.jitter?.value ?? 0,
    graceMs: fields.grace?.value ?? graceMs,
    maxRuntimeMs: fields.max_runtime?.value ?? null,
  };
}

function refuseContradictions(fields: ServiceFields, name: string, { sink }: BuildContext): void {
  const refuse = (node: ConfigNode, key: string, message: string, hint: string): void =>
    sink.add({
      code: 'E-CONFIG-SCHEDULE',
      spot: firstLine(node),
      path: `services.${name}.${key}`,
      message: `\`${name}\` is run by its schedule, and ${message}`,
      hint,
    });
  const { external, restart, scale } = fields;
  if (external?.value === true)
    refuse(external.node, 'external', 'runs elsewhere', 'Remove `schedule`, or `external`.');
  if (restart?.value.mode === 'always' || restart?.value.mode === 'unless-stopped') {
    const message = `\`restart: ${restart.value.mode}\` would run it without end`;
    refuse(restart.node, 'restart', message, 'Write `restart: on-failure`, or remove it.');
  }
  if (scale !== undefined && scale.value.to > 1)
    refuse(scale.node, 'scale', 'there is one of it', 'Remove `scale`.');
}
