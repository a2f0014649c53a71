/** The dashboard's entry: routes a URL to its page. No page exists without a working backend. */
import { render } from 'preact';
import { listenToKeys } from './keys.ts';
import { startLive } from './live.ts';
import { EventsPage } from './pages/events.tsx';
import { ApprovalsPage } from './pages/approvals.tsx';
import { IncidentPage } from './pages/incident.tsx';
import { IncidentsPage } from './pages/incidents.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { PortsPage } from './pages/ports.tsx';
import { RunbookPage } from './pages/runbook.tsx';
import { RunbooksPage } from './pages/runbooks.tsx';
import { ServicePage } from './pages/service.tsx';
import { ServicesPage } from './pages/services.tsx';
import { interceptLinks, path } from './router.ts';
import { Shell } from './shell.tsx';
import './styles/all.css';

function Page() {
  const here = path.value;
  if (here === '/') return <OverviewPage />;
  if (here === '/s') return <ServicesPage />;
  if (here === '/i') return <IncidentsPage />;
  if (here === '/approvals') return <ApprovalsPage />;
  if (here === '/r') return <RunbooksPage />;
  if (here === '/ports') return <PortsPage />;
  if (here === '/events') return <EventsPage />;
  const service = /^\/s\/([^/]+)$/.exec(here)?.[1];
  if (service !== undefined)
    return <ServicePage key={service} name={decodeURIComponent(service)} />;
  const runbook = /^\/r\/([^/]+)$/.exec(here)?.[1];
  if (runbook !== undefined)
    return <RunbookPage key={runbook} name={decodeURIComponent(runbook)} />;
  const incident = /^\/i\/([^/]+)$/.exec(here)?.[1];
  if (incident !== undefined)
    return <IncidentPage key={incident} id={decodeURIComponent(incident)} />;
  return (
    <div class="panel empty">
      <h1>There is no page at {here}</h1>
      <p>
        <a href="/">Go to the overview</a>
      </p>
    </div>
  );
}

interceptLinks();
listenToKeys();
startLive();
const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(
    <Shell>
      <Page />
    </Shell>,
    root,
  );
}
