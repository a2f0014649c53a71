/** The ports that a service's instances have, want or were refused, and who listens there. */
import type { ServiceExam } from '@fettle/core/loop/collect/exam';
import type { ExamContext } from './exam-context.ts';
import { portOwner } from './owner-of-port.ts';

const maxPorts = 8;

export function examinePorts({ service, views, deps }: ExamContext): ServiceExam['ports'] {
  const ports = new Set<number>();
  for (const { port, portTrouble } of views) {
    if (port !== null) ports.add(port.port);
    if (port !== null && port.fallbackFrom !== null) ports.add(port.fallbackFrom.port);
    if (portTrouble !== null) ports.add(portTrouble.port);
  }
  const wished = service.port?.preferred[0]?.from;
  if (wished !== undefined && wished > 0) ports.add(wished);
  const host = service.port?.host ?? '127.0.0.1';
  return [...ports]
    .slice(0, maxPorts)
    .map((port) => ({ port, owner: portOwner(port, host, deps) }));
}
