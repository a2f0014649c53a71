/** One incident: cause with for and against, attempts with undo, timeline, what people say. */
import type { IncidentDocument } from '@fettle/sdk/api/incidents';
import { formatDuration } from '@fettle/sdk/duration';
import { api } from '../api.ts';
import { ago, clock } from '../format.ts';
import { Attempts } from '../incident/attempts.tsx';
import { CauseCard } from '../incident/cause-card.tsx';
import { MarkText, markOfIncident } from '../incident/incident-mark.tsx';
import { nowMs, recent } from '../live.ts';
import { ask } from '../parts/confirm.tsx';
import { useLoaded } from '../parts/loaded.ts';

export function IncidentPage({ id }: { id: string }) {
  const newest = recent.value[0]?.seq ?? 0;
  const { data, problem, reload } = useLoaded(() => api.incident(id), `${id} ${newest}`, 5_000);
  if (problem !== null && data === null) return <p class="banner warn">{problem}</p>;
  if (data === null) return <div class="panel skeleton" aria-busy="true" />;
  const { incident } = data;
  return (
    <>
      <Head incident={incident} onSaid={reload} />
      <CauseCard incident={incident} onSaid={reload} />
      <Attempts runs={incident.runs} onSaid={reload} />
      <WhyNot incident={incident} />
      <Story incident={incident} />
      <People incident={incident} />
    </>
  );
}

type Incident = IncidentDocument['incident'];

function Head({ incident, onSaid }: { incident: Incident; onSaid: () => void }) {
  const tell = (verb: 'acknowledge' | 'resolve', title: string, text: string) =>
    ask({
      title,
      text,
      verb: verb === 'resolve' ? 'Close' : 'Acknowledge',
      act: async () => {
        await api.tellIncident(incident.id, verb, {});
        onSaid();
      },
    });
  const lasted =
    incident.resolvedAt === null
      ? `open ${ago(incident.openedAt, nowMs.value)}`
      : formatDuration(Date.parse(incident.resolvedAt) - Date.parse(incident.openedAt));
  return (
    <div class="head">
      <p class="crumb">
        <a href="/i">Incidents</a> / {incident.id}
      </p>
      <h1>{incident.title}</h1>
      <p>
        <MarkText mark={markOfIncident(incident)} /> <span class="faint">{lasted}</span>
        {incident.affected.length > 0 && (
          <span class="muted"> · affected: {incident.affected.join(', ')}</span>
        )}
      </p>
      <div class="actions end">
        {incident.acknowledgedBy === null && incident.resolvedAt === null && (
          <button
            class="button"
            type="button"
            onClick={() =>
              tell('acknowledge', `Acknowledge ${incident.id}`, 'Others see that you look at it.')
            }
          >
            Acknowledge
          </button>
        )}
        {incident.resolvedAt === null && (
          <button
            class="button"
            type="button"
            onClick={() =>
              tell('resolve', `Close ${incident.id}`, 'It opens again if its symptoms go on.')
            }
          >
            Close
          </button>
        )}
        <a
          class="button"
          href={`/api/v1/incidents/${incident.id}/write-up`}
          download={`${incident.id}.md`}
        >
          Write-up
        </a>
        <a
          class="button"
          href={`/api/v1/incidents/${incident.id}/capsule`}
          download={`${incident.id.toLowerCase()}.json`}
          title="All that it was decided from, without secrets: fettle replay decides it again"
        >
          Export
        </a>
      </div>
    </div>
  );
}

/** The gates that stood in the way of the newest plan, so that nobody wonders. */
function WhyNot({ incident }: { incident: Incident }) {
  const plan = incident.plans.at(-1);
  const stood = plan?.reasons.filter(({ passed }) => !passed) ?? [];
  if (plan === undefined || stood.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="gates-title">
      <header>
        <h2 id="gates-title">
          Why {plan.runbook}, {plan.step} did not run by itself
        </h2>
      </header>
      <div class="body">
        <dl class="facts">
          {stood.map(({ gate, text }) => (
            <>
              <dt>{gate}</dt>
              <dd>{text}</dd>
            </>
          ))}
        </dl>
      </div>
    </section>
  );
}

function Story({ incident }: { incident: Incident }) {
  return (
    <section class="panel" aria-labelledby="story-title">
      <header>
        <h2 id="story-title">Timeline</h2>
      </header>
      <ol class="timeline">
        {incident.timeline.map((entry, index) => (
          <li key={index}>
            <time class="faint small mono" dateTime={entry.at} title={entry.at}>
              {clock(entry.at)}
            </time>
            <span class="dot" aria-hidden="true">
              {dots[entry.kind] ?? '●'}
            </span>
            <span class="text">{entry.text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

const dots: Readonly<Record<string, string>> = {
  symptom: '✕',
  diagnosis: '▲',
  plan: '◇',
  step: '◆',
  outcome: '●',
  person: '☺',
  change: '⬆',
};

function People({ incident }: { incident: Incident }) {
  const { lessons, manualSteps, notes } = incident;
  if (lessons.length + manualSteps.length + notes.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="people-title">
      <header>
        <h2 id="people-title">Learned, noted, left to people</h2>
      </header>
      <div class="body">
        <ul>
          {lessons.map(({ text, at }) => (
            <li key={at + text}>{text}</li>
          ))}
          {manualSteps.map((step) => (
            <li key={step.id}>
              {step.doneAt === null ? 'To do' : 'Done'}: {step.text}
              {step.owner !== null && ` (${step.owner})`}
            </li>
          ))}
          {notes.map(({ by, text, at }) => (
            <li key={at}>
              {by}: {text}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
