/** What the processes use now and used before, and each instance. */
import { useMemo } from 'preact/hooks';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { api } from '../api.ts';
import { ago, bytes, percent } from '../format.ts';
import { nowMs } from '../live.ts';
import { Chart } from '../parts/chart.tsx';
import { useLoaded } from '../parts/loaded.ts';
import { StateMark } from '../parts/state-mark.tsx';
import { query, setQuery } from '../router.ts';

const spans = ['15m', '1h', '6h', '24h'];

function count(value: number | null): string {
  return value === null ? '–' : String(Math.round(value));
}

export function LiveTab({ service }: { service: ServiceStatus }) {
  const since = query.value.get('since') ?? '15m';
  const { data, problem } = useLoaded(
    () => api.series(service.name, since),
    `${service.name} ${since}`,
    5_000,
  );
  const timesMs = useMemo(
    () =>
      data === null ? [] : data.cpuRatio.map((_value, index) => data.startMs + index * data.stepMs),
    [data],
  );
  const shared = { timesMs, marks: data?.marks ?? [] };
  return (
    <>
      <div class="head" role="group" aria-label="Time range">
        {spans.map((span) => (
          <button
            key={span}
            class="button"
            type="button"
            aria-pressed={since === span}
            onClick={() => setQuery({ since: span })}
          >
            {span}
          </button>
        ))}
      </div>
      {problem !== null && <p class="banner warn">{problem}</p>}
      {data === null && problem === null && <div class="panel skeleton" aria-busy="true" />}
      {data !== null && (
        <div class="charts">
          <Chart title="CPU" {...shared} values={data.cpuRatio} format={percent} colour="--c1" />
          <Chart
            title="Memory"
            {...shared}
            values={data.memoryBytes}
            format={bytes}
            colour="--c2"
          />
          <Chart
            title="Open files"
            {...shared}
            values={data.openFiles}
            format={count}
            colour="--c3"
          />
          <Chart title="Threads" {...shared} values={data.threads} format={count} colour="--c4" />
        </div>
      )}
      <Instances service={service} />
    </>
  );
}

function Instances({ service }: { service: ServiceStatus }) {
  return (
    <section class="panel" aria-label="Instances">
      <header>
        <h2>Instances</h2>
      </header>
      <div class="scroll">
        <table class="stack-rows">
          <thead>
            <tr>
              <th scope="col">Instance</th>
              <th scope="col">State</th>
              <th scope="col" class="num">
                Pid
              </th>
              <th scope="col" class="num">
                Port
              </th>
              <th scope="col" class="num">
                Up for
              </th>
              <th scope="col" class="num">
                CPU
              </th>
              <th scope="col" class="num">
                Memory
              </th>
              <th scope="col">Started because</th>
              <th scope="col">Last exit</th>
            </tr>
          </thead>
          <tbody>
            {service.instances.map((one) => (
              <tr key={one.name}>
                <td>{one.name}</td>
                <td>
                  <StateMark state={one.state} />
                </td>
                <td class="num">{one.pid ?? '–'}</td>
                <td class="num">{one.port ?? '–'}</td>
                <td class="num">{ago(one.startedAt, nowMs.value)}</td>
                <td class="num">{percent(one.cpuRatio)}</td>
                <td class="num">{bytes(one.memoryBytes)}</td>
                <td>{one.startReason?.replaceAll('-', ' ') ?? '–'}</td>
                <td>{one.lastExit?.text ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
