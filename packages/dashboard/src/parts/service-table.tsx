/** The table of services: on the overview short, on its own page with every column. */
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { ago, bytes, percent } from '../format.ts';
import { nowMs } from '../live.ts';
import { picked } from '../keys.ts';
import { Marks } from './marks.tsx';
import { StateMark } from './state-mark.tsx';

type Props = Readonly<{ services: readonly ServiceStatus[]; wide: boolean; dense?: boolean }>;

export function ServiceTable({ services, wide, dense = false }: Props) {
  return (
    <div class="scroll">
      <table class={dense ? 'stack-rows dense' : 'stack-rows'}>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">State</th>
            <th scope="col" class="num">
              For
            </th>
            <th scope="col" class="num">
              Port
            </th>
            <th scope="col">Last checks</th>
            <th scope="col" class="num">
              CPU
            </th>
            <th scope="col" class="num">
              Memory
            </th>
            <th scope="col" class="num">
              Restarts
            </th>
            {wide && <th scope="col">Last exit</th>}
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {services.map((service) => (
            <Row key={service.name} service={service} wide={wide} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ service, wide }: Readonly<{ service: ServiceStatus; wide: boolean }>) {
  const exit = service.instances.find((one) => one.lastExit !== null)?.lastExit ?? null;
  const replicas = service.instances.length;
  return (
    <tr class={picked.value === service.name ? 'picked' : ''}>
      <td>
        <a href={`/s/${encodeURIComponent(service.name)}`}>{service.name}</a>
        {replicas > 1 && <span class="faint"> ×{replicas}</span>}
        {!service.required && <span class="faint small"> optional</span>}
      </td>
      <td>
        <StateMark state={service.state} />
      </td>
      <td class="num faint">{ago(service.since, nowMs.value)}</td>
      <td class="num">
        {service.port === null ? <span class="faint hide-small">–</span> : `:${service.port}`}
      </td>
      <td class="hide-small">
        <Marks marks={service.lastChecks} />
      </td>
      <td class="num hide-small">{percent(service.cpuRatio)}</td>
      <td class="num">{bytes(service.memoryBytes)}</td>
      <td class="num">
        {service.restarts}
        <span class="visually-hidden"> restarts</span>
      </td>
      {wide && <td class="faint hide-small">{exit === null ? '–' : exit.text}</td>}
      <td class="why">{service.why}</td>
    </tr>
  );
}
