/** Incidents by what became of them: open, healed alone, needed people. */
import type { IncidentRow } from '@fettle/sdk/api/incidents';
import { formatDuration } from '@fettle/sdk/duration';
import { api } from '../api.ts';
import { ago } from '../format.ts';
import { MarkText, markOfIncident } from '../incident/incident-mark.tsx';
import { nowMs, recent } from '../live.ts';
import { useLoaded } from '../parts/loaded.ts';
import { query } from '../router.ts';

const tabs = [
  { id: '', label: 'Open', shows: (row: IncidentRow) => row.resolvedAt === null },
  {
    id: 'alone',
    label: 'Healed alone',
    shows: (row: IncidentRow) => row.closedBy === 'fettle' && !row.escalated,
  },
  { id: 'people', label: 'Needed people', shows: (row: IncidentRow) => row.escalated },
  { id: 'all', label: 'All', shows: () => true },
];
const empties: Readonly<Record<string, string>> = {
  '': 'Nothing is open. What fails will stand here with its cause.',
  alone: 'What Fettle mended by itself will stand here.',
  people: 'What needed a person will stand here.',
  all: 'No incident in the last 7 days. Try: kill -9 the pid of a service.',
};

export function IncidentsPage() {
  const newest = recent.value[0]?.seq ?? 0;
  const { data, problem } = useLoaded(() => api.incidents(), `incidents ${newest}`, 10_000);
  const tab = query.value.get('tab') ?? '';
  const shows = tabs.find(({ id }) => id === tab)?.shows ?? (() => true);
  const rows = (data?.incidents ?? []).filter(shows);
  return (
    <>
      <div class="head">
        <h1>Incidents</h1>
      </div>
      <nav class="tabs" aria-label="Which incidents">
        {tabs.map(({ id, label }) => (
          <a
            key={id}
            href={id === '' ? '/i' : `/i?tab=${id}`}
            aria-current={tab === id ? 'page' : undefined}
          >
            {label} {data === null ? '' : data.incidents.filter(showsOf(id)).length}
          </a>
        ))}
      </nav>
      <section class="panel" aria-label="Incidents">
        {problem !== null && <p class="empty">{problem}</p>}
        {problem === null && rows.length === 0 && <p class="empty">{empties[tab]}</p>}
        {rows.length > 0 && <IncidentTable rows={rows} />}
      </section>
    </>
  );
}

function showsOf(id: string): (row: IncidentRow) => boolean {
  return tabs.find((tab) => tab.id === id)?.shows ?? (() => true);
}

function IncidentTable({ rows }: { rows: readonly IncidentRow[] }) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Incident</th>
            <th scope="col">State</th>
            <th scope="col">Cause</th>
            <th scope="col">On</th>
            <th scope="col">Took</th>
            <th scope="col">Closed by</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <a href={`/i/${row.id}`}>{row.id}</a>
              </th>
              <td>
                <MarkText mark={markOfIncident(row)} />
              </td>
              <td>{row.title}</td>
              <td>{row.root}</td>
              <td class="num">{took(row)}</td>
              <td>{row.closedBy ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function took({ openedAt, resolvedAt }: IncidentRow): string {
  if (resolvedAt === null) return ago(openedAt, nowMs.value);
  return formatDuration(Date.parse(resolvedAt) - Date.parse(openedAt));
}
