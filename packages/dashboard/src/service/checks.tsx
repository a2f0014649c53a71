/** Each check of each instance with what it last saw. */
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { ago } from '../format.ts';
import { nowMs } from '../live.ts';

export function ChecksTab({ service }: { service: ServiceStatus }) {
  const rows = service.instances.flatMap((one) => one.checks.map((check) => ({ one, check })));
  if (rows.length === 0)
    return (
      <p class="panel empty">
        {service.name} has no health check, so a hang will not be seen. Add{' '}
        <code>health: /healthz</code>,<code>health: tcp</code> or another kind in{' '}
        <code>fettle.yaml</code>
      </p>
    );
  return (
    <section class="panel scroll" aria-label="Checks" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">Instance</th>
            <th scope="col">Result</th>
            <th scope="col">Answered by us</th>
            <th scope="col" class="num">
              Took
            </th>
            <th scope="col" class="num">
              Ago
            </th>
            <th scope="col">Saw</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ one, check }) => (
            <tr key={`${one.name} ${check.name}`}>
              <td>
                {check.name}{' '}
                <span class="faint">
                  {check.kind}, {check.role}
                  {check.required ? '' : ', optional'}
                </span>
              </td>
              <td>{one.name}</td>
              <td>
                <span
                  class={`state ${check.up === null ? 'unknown' : check.up ? 'ok' : 'failing'}`}
                >
                  <i aria-hidden="true">{check.up === null ? '?' : check.up ? '●' : '✕'}</i>
                  {check.up === null ? 'not known yet' : check.up ? 'up' : 'down'}
                  {check.flapping ? ', flapping' : ''}
                </span>
              </td>
              <td>{check.attested === null ? '–' : check.attested ? 'yes' : 'no'}</td>
              <td class="num">
                {check.lastDurationMs === null ? '–' : `${Math.round(check.lastDurationMs)} ms`}
              </td>
              <td class="num">{ago(check.lastAt, nowMs.value)}</td>
              <td class="why">{check.lastDetail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
