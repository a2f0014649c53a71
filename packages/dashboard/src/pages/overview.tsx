/** The whole stack at a glance: what is wrong first, then the figures, then every service. */
import type { ServiceStatus, State } from '@fettle/sdk/api/status';
import { recent, status } from '../live.ts';
import { bytes, percent } from '../format.ts';
import { ServiceTable } from '../parts/service-table.tsx';
import { StateMark } from '../parts/state-mark.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { useLoaded } from '../parts/loaded.ts';
import { api } from '../api.ts';

const bad: readonly State[] = ['failing', 'crash-loop', 'healing', 'degraded', 'unknown'];
const tints: Readonly<Partial<Record<State, string>>> = {
  failing: 'crit',
  'crash-loop': 'crit',
  healing: 'heal',
};

function Trouble({ service }: { service: ServiceStatus }) {
  return (
    <div class={`banner ${tints[service.state] ?? 'warn'}`}>
      <StateMark state={service.state} />
      <span>
        <strong>{service.name}</strong> {service.why}
      </span>
      <a class="end" href={`/s/${encodeURIComponent(service.name)}`}>
        See {service.name}
      </a>
    </div>
  );
}

function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

function Tiles({ services }: { services: readonly ServiceStatus[] }) {
  const up = services.filter((service) =>
    ['ok', 'done', 'degraded'].includes(service.state),
  ).length;
  const restarts = services.reduce((total, service) => total + service.restarts, 0);
  return (
    <div class="tiles">
      <div class="panel tile">
        <span class="faint">Running as wanted</span>
        <b>
          {up} of {services.length}
        </b>
      </div>
      <div class="panel tile">
        <span class="faint">Restarts</span>
        <b>{restarts}</b>
      </div>
      <div class="panel tile">
        <span class="faint">CPU, one core = 100 %</span>
        <b>{percent(sum(services.map((service) => service.cpuRatio)))}</b>
      </div>
      <div class="panel tile">
        <span class="faint">Memory</span>
        <b>{bytes(sum(services.map((service) => service.memoryBytes)))}</b>
      </div>
    </div>
  );
}

export function OverviewPage() {
  const now = status.value;
  const newest = recent.value[0]?.seq ?? 0;
  const timeline = useLoaded(() => api.timeline(null), `all ${newest}`, null);
  if (now === null) return <div class="panel skeleton" aria-busy="true" />;
  const troubles = now.services.filter((service) => bad.includes(service.state));
  return (
    <>
      <h1 class="visually-hidden">Overview of {now.stack}</h1>
      {troubles.slice(0, 5).map((service) => (
        <Trouble key={service.name} service={service} />
      ))}
      <Tiles services={now.services} />
      <section class="panel" aria-labelledby="services-title">
        <header>
          <h2 id="services-title">Services</h2>
        </header>
        {now.services.length === 0 ? (
          <NoServices />
        ) : (
          <ServiceTable services={now.services} wide={false} />
        )}
      </section>
      <section class="panel" aria-labelledby="recent-title">
        <header>
          <h2 id="recent-title">What happened</h2>
          <a class="end" href="/events">
            All events
          </a>
        </header>
        <Timeline
          events={(timeline.data?.events ?? []).toReversed().slice(0, 12)}
          empty={timeline.problem ?? 'Starts, ends, moved ports and commands will stand here.'}
        />
      </section>
    </>
  );
}

function NoServices() {
  return (
    <p class="empty">
      No service is defined yet. Add one to <code>fettle.yaml</code>, then run{' '}
      <code>fettle up -d</code>
    </p>
  );
}
