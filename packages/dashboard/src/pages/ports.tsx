/** Who holds which port, who asked for it, and who else could reach it. */
import type { PortRow } from '@fettle/sdk/api/documents';
import { api } from '../api.ts';
import { useLoaded } from '../parts/loaded.ts';

const words: Readonly<Record<PortRow['state'], string>> = {
  ours: '● ours',
  orphan: '▲ orphan of ours',
  foreign: '▲ foreign',
  reserved: '○ reserved',
  free: '○ free',
};

export function PortsPage() {
  const { data, problem } = useLoaded(() => api.ports(), 'ports', 5_000);
  const ports = data?.ports ?? [];
  return (
    <>
      <div class="head">
        <h1>Ports</h1>
      </div>
      <section class="panel" aria-label="Ports">
        {problem !== null && (
          <p class="banner warn" role="alert">
            {problem}
          </p>
        )}
        {data === null && problem === null && <div class="skeleton" aria-busy="true" />}
        {data !== null && ports.length === 0 && (
          <p class="empty">
            No service asks for a port. Give one with <code>port: 8000</code> in{' '}
            <code>fettle.yaml</code>
          </p>
        )}
        {ports.length > 0 && (
          <div class="scroll">
            <table class="stack-rows">
              <thead>
                <tr>
                  <th scope="col" class="num">
                    Port
                  </th>
                  <th scope="col">Owner</th>
                  <th scope="col">State</th>
                  <th scope="col">Asked</th>
                  <th scope="col">Reachable</th>
                  <th scope="col">Note</th>
                </tr>
              </thead>
              <tbody>
                {ports.map((row) => (
                  <Row key={`${row.host}:${row.port}:${row.instance ?? ''}`} row={row} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}

function Row({ row }: { row: PortRow }) {
  const open = row.reachable === '0.0.0.0' || row.reachable === '::';
  return (
    <tr>
      <td class="num">{row.port}</td>
      <td>
        {row.service === null ? (
          (row.command ?? '–')
        ) : (
          <a href={`/s/${encodeURIComponent(row.service)}`}>{row.instance}</a>
        )}
        {row.pid !== null && <span class="faint"> pid {row.pid}</span>}
      </td>
      <td>{words[row.state]}</td>
      <td class="faint">{row.asked === null ? '–' : `asked ${row.asked}`}</td>
      <td>
        {row.reachable ?? '–'}
        {open && (
          <span class="state degraded">
            {' '}
            <i aria-hidden="true">▲</i>open to the network
          </span>
        )}
      </td>
      <td class="why">{row.note}</td>
    </tr>
  );
}
