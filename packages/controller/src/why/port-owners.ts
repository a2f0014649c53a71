/**
 * Who holds the ports that matter to a service: the ones it asked for or was given, those in its
 * command, and those that its log names. Bounded, since each owner costs a walk over /proc.
 */
import { portsNamed } from '@fettle/core/loop/diagnose/causes/network';
import type { WhyInput } from '@fettle/core/loop/diagnose/why-input';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { ownerOfPort } from '@fettle/proc/port-owner';
import type { SupervisorLink } from '../parts.ts';

export type PortQuestion = Readonly<{
  view: InstanceView;
  service: Service;
  lines: readonly string[];
  link: SupervisorLink;
}>;

const maxPorts = 12;
const maxOwners = 4;

export function portOwners(question: PortQuestion): WhyInput['portOwners'] {
  const { service, view, link } = question;
  const host = service.port?.host ?? '127.0.0.1';
  const found: WhyInput['portOwners'][number][] = [];
  for (const port of portsThatMatter(question)) {
    const holder = ownerOfPort(port, host);
    if (holder === null) continue;
    const { pid, command, runningForMs, token } = holder;
    found.push({ port, owner: { pid, command, runningForMs, ...whose(token, view, link) } });
    if (found.length >= maxOwners) break;
  }
  return found;
}

function portsThatMatter({ view, service, lines }: PortQuestion): readonly number[] {
  const spelled = [...service.command, ...Object.values(service.environment)].flatMap((word) =>
    /^\d{2,5}$|[:=]\d{2,5}\b/.test(word) ? (word.match(/\d{2,5}(?!\d)/g) ?? []) : [],
  );
  const ports = [
    ...portsNamed(lines, 6),
    view.port?.fallbackFrom?.port,
    view.portTrouble?.port,
    view.port?.port,
    service.port?.preferred[0]?.from,
    ...spelled.map(Number),
  ];
  const valid = ports.filter((port) => port !== undefined && port > 0 && port < 65_536);
  return [...new Set(valid as number[])].slice(0, maxPorts);
}

type Whose = Readonly<{ kind: 'ours' | 'orphan' | 'foreign'; instance: string | null }>;

function whose(token: string | null, view: InstanceView, link: SupervisorLink): Whose {
  if (token === null) return { kind: 'foreign', instance: null };
  const owner = link.instances().find((instance) => instance.token === token);
  if (owner !== undefined) return { kind: 'ours', instance: owner.instance };
  // Another stack's services carry tokens, too: only a run that we know of was ours.
  const former = link.instances().some((instance) => instance.lastToken === token);
  return { kind: former || token === view.lastToken ? 'orphan' : 'foreign', instance: null };
}
