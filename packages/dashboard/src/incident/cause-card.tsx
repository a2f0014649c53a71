/** The cause: a sentence, how sure, what speaks for and against it, what else it could be. */
import type { IncidentDocument } from '@fettle/sdk/api/incidents';
import { api } from '../api.ts';
import { ask } from '../parts/confirm.tsx';
import { sureness } from './incident-mark.tsx';

type Incident = IncidentDocument['incident'];

export function CauseCard({ incident, onSaid }: { incident: Incident; onSaid: () => void }) {
  const { diagnosis } = incident;
  return (
    <section class="panel" aria-labelledby="cause-title">
      <header>
        <h2 id="cause-title">Cause</h2>
        {diagnosis !== null && (
          <span class="faint">
            {diagnosis.class} on {diagnosis.target} · {sureness(diagnosis.confidence)}
          </span>
        )}
      </header>
      <div class="body">
        {diagnosis === null ? (
          <p class="muted">Not known yet: a closer look is under way.</p>
        ) : (
          <>
            <p>
              <strong>{diagnosis.sentence}</strong>
            </p>
            <dl class="facts">
              <Speaks title="for" items={diagnosis.evidence} />
              <Speaks title="against" items={diagnosis.against} />
              {diagnosis.others.length > 0 && (
                <>
                  <dt>other</dt>
                  <dd>
                    {diagnosis.others
                      .slice(0, 3)
                      .map((other) => `${other.class} on ${other.target} ${other.odds.toFixed(2)}`)
                      .join(', ')}
                  </dd>
                </>
              )}
            </dl>
            <Verdict incident={incident} onSaid={onSaid} />
          </>
        )}
      </div>
    </section>
  );
}

function Speaks({ title, items }: Readonly<{ title: string; items: readonly { text: string }[] }>) {
  return (
    <>
      {items.map(({ text }) => (
        <>
          <dt>{title}</dt>
          <dd class="mono">{text}</dd>
        </>
      ))}
    </>
  );
}

function Verdict({ incident, onSaid }: { incident: Incident; onSaid: () => void }) {
  const say = (verdict: 'right' | 'wrong') =>
    ask({
      title: `The cause of ${incident.id} is ${verdict}`,
      text: 'Fettle learns from your word: the next choice is made with it.',
      verb: `It is ${verdict}`,
      act: async () => {
        await api.tellIncident(incident.id, 'verdict', { verdict });
        onSaid();
      },
    });
  if (incident.verdict !== null) return <p class="muted">You said: {incident.verdict}.</p>;
  return (
    <p class="actions">
      <button class="button" type="button" onClick={() => say('right')}>
        Right
      </button>
      <button class="button" type="button" onClick={() => say('wrong')}>
        Wrong
      </button>
    </p>
  );
}
