/** One service: its state and why on top, then what it does now, its logs, checks and past. */
import { useEffect } from 'preact/hooks';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { api } from '../api.ts';
import { ago } from '../format.ts';
import { nowMs, status } from '../live.ts';
import { ask } from '../parts/confirm.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { query } from '../router.ts';
import { ChecksTab } from '../service/checks.tsx';
import { DefinitionTab } from '../service/definition.tsx';
import { EvidencePanel } from '../service/evidence.tsx';
import { LiveTab } from '../service/live-tab.tsx';
import { LogsTab } from '../service/logs.tsx';
import { ScheduleLine } from '../service/schedule-line.tsx';
import { TimelineTab } from '../service/timeline-tab.tsx';

const tabs = [
  ['live', 'Live'],
  ['logs', 'Logs'],
  ['checks', 'Checks'],
  ['timeline', 'Timeline'],
  ['definition', 'Definition'],
] as const;

function askTo(service: ServiceStatus, command: 'start' | 'stop' | 'restart' | 'reset'): void {
  const dependants =
    service.dependants.length === 0 ? '' : ` Used by ${service.dependants.join(', ')}.`;
  const verb = `${command[0]?.toUpperCase() ?? ''}${command.slice(1)}`;
  ask({
    title: `${verb} ${service.name}`,
    text: `This will ${command} ${service.name} now.${dependants}`,
    verb: `${verb} ${service.name}`,
    act: () => api.command(service.name, command),
  });
}

function Actions({ service }: { service: ServiceStatus }) {
  const down = service.state === 'stopped' || service.state === 'done';
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof Element && event.target.closest('input, select, dialog') !== null;
      if (event.key === 'r' && !typing && !event.ctrlKey && !event.metaKey)
        askTo(service, 'restart');
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [service.name]);
  if (service.external)
    return <span class="faint end">external: watched, never started or stopped</span>;
  return (
    <div class="end">
      {service.state === 'crash-loop' && (
        <button class="button" type="button" onClick={() => askTo(service, 'reset')}>
          Reset
        </button>
      )}
      {down ? (
        <button class="button ink" type="button" onClick={() => askTo(service, 'start')}>
          Start
        </button>
      ) : (
        <>
          <button class="button" type="button" onClick={() => askTo(service, 'stop')}>
            Stop
          </button>
          <button class="button ink" type="button" onClick={() => askTo(service, 'restart')}>
            Restart
          </button>
        </>
      )}
    </div>
  );
}

export function ServicePage({ name }: { name: string }) {
  const now = status.value;
  const service = now?.services.find((one) => one.name === name);
  if (now === null) return <div class="panel skeleton" aria-busy="true" />;
  if (service === undefined)
    return (
      <div class="panel empty">
        <h1>No service is called {name}</h1>
        <p>
          <a href="/s">See all services</a>
        </p>
      </div>
    );
  const tab = query.value.get('tab') ?? 'live';
  const schedule = service.schedule ?? null;
  return (
    <>
      <div class="head">
        <h1>
          <a class="crumb" href="/s">
            Services
          </a>{' '}
          / {name}
        </h1>
        <StateMark state={service.state} />
        <span class="faint">
          for {ago(service.since, nowMs.value)}
          {service.pid !== null && ` · pid ${service.pid}`}
          {service.port !== null && ` · :${service.port}`}
          {service.restarts > 0 && ` · ${service.restarts} restarts`}
        </span>
        <Actions service={service} />
      </div>
      {schedule !== null && <ScheduleLine schedule={schedule} />}
      {service.why !== null && <EvidencePanel service={service} />}
      <Neighbours service={service} />
      <nav class="tabs" aria-label={`Views of ${name}`}>
        {tabs.map(([id, label]) => (
          <a
            key={id}
            href={`/s/${encodeURIComponent(name)}?tab=${id}`}
            aria-current={tab === id ? 'page' : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {tab === 'logs' ? (
        <LogsTab name={name} />
      ) : tab === 'checks' ? (
        <ChecksTab service={service} />
      ) : tab === 'timeline' ? (
        <TimelineTab name={name} />
      ) : tab === 'definition' ? (
        <DefinitionTab name={name} />
      ) : (
        <LiveTab service={service} />
      )}
    </>
  );
}

function Neighbours({ service }: { service: ServiceStatus }) {
  if (service.dependsOn.length + service.dependants.length === 0) return null;
  const all = status.value?.services ?? [];
  const list = (names: readonly string[]) =>
    names.map((name) => {
      const state = all.find((one) => one.name === name)?.state ?? 'unknown';
      return (
        <a key={name} class="button" href={`/s/${encodeURIComponent(name)}`}>
          {name} <StateMark state={state} />
        </a>
      );
    });
  return (
    <div class="head">
      {service.dependsOn.length > 0 && (
        <>
          <span class="faint">needs</span>
          {list(service.dependsOn)}
        </>
      )}
      {service.dependants.length > 0 && (
        <>
          <span class="faint">used by</span>
          {list(service.dependants)}
        </>
      )}
    </div>
  );
}
