/** What was done, run by run: steps with their results, and what was taken back. */
import type { RunDocument } from '@fettle/sdk/api/incidents';
import { clock } from '../format.ts';
import { approve, reject } from './approval.ts';
import { MarkText, markOfRun } from './incident-mark.tsx';

export function Attempts({ runs, onSaid }: { runs: readonly RunDocument[]; onSaid: () => void }) {
  return (
    <section class="panel" aria-labelledby="attempts-title">
      <header>
        <h2 id="attempts-title">What was done</h2>
      </header>
      <div class="body">
        {runs.length === 0 && <p class="muted">Nothing was done by Fettle.</p>}
        {runs.map((run) => (
          <Run key={run.id} run={run} onSaid={onSaid} />
        ))}
      </div>
    </section>
  );
}

function Run({ run, onSaid }: { run: RunDocument; onSaid: () => void }) {
  return (
    <article aria-label={`${run.id}: ${run.runbook}`}>
      <p>
        <MarkText mark={markOfRun(run)} /> <strong>{run.runbook}</strong>{' '}
        <span class="faint">
          {run.id} · {run.risk} risk · by {run.actor}
          {run.approvedBy !== null && `, approved by ${run.approvedBy}`}
        </span>
      </p>
      {run.outcome !== null && <p class="muted">{run.outcome.text}</p>}
      <ol class="timeline">
        {run.attempts.map((attempt) => (
          <li key={`${attempt.step} ${attempt.at}`}>
            <time class="faint small mono" dateTime={attempt.at}>
              {clock(attempt.at)}
            </time>
            <span class="dot" aria-hidden="true">
              {attempt.undone ? '↩' : attempt.state === 'done' ? '●' : '✕'}
            </span>
            <span class="text">
              {attempt.action} on {attempt.target}: {attempt.state}
              {attempt.detail !== '' && ` (${attempt.detail})`}
            </span>
          </li>
        ))}
      </ol>
      {run.phase === 'awaiting' && (
        <p class="actions">
          <button class="button ink" type="button" onClick={() => approve(run, onSaid)}>
            Approve
          </button>
          <button class="button" type="button" onClick={() => reject(run, onSaid)}>
            Reject
          </button>
        </p>
      )}
    </article>
  );
}
