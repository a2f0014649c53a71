/** The loop's capabilities, each behind a switch that works live, also for a share of services. */
import { hash32 } from '../../supervise/prng.ts';

export const capabilities = [
  'error_collection',
  'monitoring',
  'error_detection',
  'performance_monitoring',
  'pattern_analysis',
  'diagnosis',
  'recovery',
  'escalation',
  'learning',
  'prediction',
  'optimization',
] as const;
export type Capability = (typeof capabilities)[number];

/** Share of services for which it is on: 1 on, 0 off. */
export type Flags = Readonly<Record<Capability, number>>;

export const allOn: Flags = {
  error_collection: 1,
  monitoring: 1,
  error_detection: 1,
  performance_monitoring: 1,
  pattern_analysis: 1,
  diagnosis: 1,
  recovery: 1,
  escalation: 1,
  learning: 1,
  prediction: 1,
  optimization: 1,
};

/** Is it on for this service? A share takes the same services each time. */
export function isOn(flags: Flags, capability: Capability, service: string): boolean {
  const share = flags[capability];
  return share >= 1 || hash32(`${capability} ${service}`, 0x811c9dc5) / 4_294_967_296 < share;
}
