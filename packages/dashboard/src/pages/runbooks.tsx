/** The runbooks in force, what they are for, and how often they cured. */
import { api } from '../api.ts';
import { recent } from '../live.ts';
import { useLoaded } from '../parts/loaded.ts';

export function RunbooksPage() {
  const newest = recent.value[0]?.seq ?? 0;
  const { data, problem } = useLoaded(() => api.runbooks(), `runbooks ${newest}`, 30_000);
  const runs = useLoaded(() => api.runs(false), `all runs ${newest}`, 30_000);
  const stats = new Map((runs.data?.stats.runbooks ?? []).map((row) => [row.runbook, row]));
  const cured = (name: string): string => {
    const row = stats.get(name);
    return row === undefined || row.runs === 0 ? '–' : `${row.fixed} of ${row.runs}`;
  };
  return (
    <>
      <div class="head">
        <h1>Runbooks</h1>
      </div>
      {(data?.problems ?? []).map((row) => (
        <p class="banner warn" key={`${row.file}:${row.line}:${row.column}`}>
          <span>
            {row.file}:{row.line}:{row.column} {row.message}. {row.hint}
          </span>
        </p>
      ))}
      <section class="panel" aria-label="Runbooks">
        {problem !== null && <p class="empty">{problem}</p>}
        {data !== null && (
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Runbook</th>
                  <th scope="col">For</th>
                  <th scope="col">Risk</th>
                  <th scope="col">Cured</th>
                  <th scope="col">From</th>
                </tr>
              </thead>
              <tbody>
                {data.runbooks.map((row) => (
                  <tr key={row.name}>
                    <th scope="row">
                      <a href={`/r/${encodeURIComponent(row.name)}`}>{row.name}</a>
                    </th>
                    <td class="why">{row.diagnoses.join(', ')}</td>
                    <td>{row.risk}</td>
                    <td class="num">{cured(row.name)}</td>
                    <td>{row.origin === 'shipped' ? 'shipped' : 'yours'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}
