/** `memory_available()`: bytes that the machine, or our control group, could still give. */
import { availableMemoryBytes } from '@fettle/proc/host';
import type { ShellFact } from './shell-fact.ts';

export const memoryAvailable: ShellFact = {
  name: 'memory_available',
  answer: () => Promise.resolve(availableMemoryBytes()),
};
