/** One runbook: when it runs, which way it takes, what it does, and how it proves the cure. */
import { formatDuration } from '@fettle/sdk/duration';
import { api } from '../api.ts';
import { useLoaded } from '../parts/loaded.ts';

export function RunbookPage({ name }: { name: string }) {
  const { data, problem } = useLoaded(() => api.runbook(name), name, null);
  if (problem !== null) return <p class="banner warn">{problem}</p>;
  if (data === null) return <div class="panel skeleton" aria-busy="true" />;
  const { runbook } = data;
  return (
    <>
      <div class="head">
        <p class="crumb">
          <a href="/r">Runbooks</a> / {runbook.name}
        </p>
        <h1>{runbook.name}</h1>
        <p class="muted">{runbook.description}</p>
      </div>
      <section class="panel" aria-labelledby="way-title">
        <header>
          <h2 id="way-title">Which way it takes</h2>
        </header>
        <div class="body">
          <dl class="facts">
            {runbook.branches.map(({ when, goto }) => (
              <>
                <dt>{goto}</dt>
                <dd class="mono">{when ?? 'else'}</dd>
              </>
            ))}
          </dl>
        </div>
      </section>
      <section class="panel" aria-labelledby="steps-title">
        <header>
          <h2 id="steps-title">Steps</h2>
        </header>
        <div class="body">
          <dl class="facts">
            {runbook.steps.map((step) => (
              <>
                <dt>{step.id}</dt>
                <dd>{step.action}</dd>
              </>
            ))}
          </dl>
        </div>
      </section>
      <section class="panel" aria-labelledby="proof-title">
        <header>
          <h2 id="proof-title">
            Proof: {formatDuration(runbook.verify.windowMs)} of fresh data after{' '}
            {formatDuration(runbook.verify.settleMs)}
          </h2>
        </header>
        <div class="body">
          <dl class="facts">
            {runbook.verify.require.map((text) => (
              <>
                <dt>must hold</dt>
                <dd class="mono">{text}</dd>
              </>
            ))}
            {runbook.verify.forbid.map((text) => (
              <>
                <dt>must not</dt>
                <dd class="mono">{text}</dd>
              </>
            ))}
          </dl>
        </div>
      </section>
    </>
  );
}
