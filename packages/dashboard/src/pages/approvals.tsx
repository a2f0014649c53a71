/** What waits for a person's yes, and the switch that stops all healing. */
import { api } from '../api.ts';
import { ago } from '../format.ts';
import { approve, reject } from '../incident/approval.ts';
import { nowMs, recent } from '../live.ts';
import { ask } from '../parts/confirm.tsx';
import { useLoaded } from '../parts/loaded.ts';

export function ApprovalsPage() {
  const newest = recent.value[0]?.seq ?? 0;
  const { data, problem, reload } = useLoaded(() => api.runs(true), `runs ${newest}`, 5_000);
  const waiting = (data?.runs ?? []).filter(({ phase }) => phase === 'awaiting');
  return (
    <>
      <div class="head">
        <h1>Approvals</h1>
      </div>
      <Switch />
      <section class="panel" aria-label="Runs that ask">
        {problem !== null && <p class="empty">{problem}</p>}
        {problem === null && waiting.length === 0 && (
          <p class="empty">
            Nothing waits for you. What is too risky to begin by itself will ask here;{' '}
            <code>fettle approve RUN</code> answers, too.
          </p>
        )}
        {waiting.map((run) => (
          <article class="body" key={run.id} aria-label={run.id}>
            <p>
              <strong>{run.runbook}</strong> on {run.targets.join(', ')}{' '}
              <span class="faint">
                {run.id} · step {run.step} · {run.risk} risk · asked{' '}
                {ago(run.startedAt, nowMs.value)} ago
              </span>
            </p>
            <p class="actions">
              <button class="button ink" type="button" onClick={() => approve(run, reload)}>
                Approve
              </button>
              <button class="button" type="button" onClick={() => reject(run, reload)}>
                Reject
              </button>
              <a class="button" href={`/i/${run.incident}`}>
                See {run.incident}
              </a>
            </p>
          </article>
        ))}
      </section>
    </>
  );
}

function Switch() {
  const newest = recent.value[0]?.seq ?? 0;
  const { data, reload } = useLoaded(() => api.healing(), `healing ${newest}`, 5_000);
  if (data === null) return null;
  const control = (verb: 'pause' | 'resume' | 'emergency-stop', title: string, text: string) =>
    ask({
      title,
      text,
      verb: title,
      act: async () => {
        await api.controlHealing(verb);
        reload();
      },
    });
  const isOn = data.state === 'on';
  return (
    <section class={isOn ? 'panel' : 'banner warn'} aria-label="Healing">
      <div class="body actions">
        <span>
          <strong>{data.text}</strong>{' '}
          <span class="muted">
            {data.autonomy === null ? 'Autonomy is earned runbook by runbook.' : data.autonomy}
          </span>
        </span>
        {isOn ? (
          <button
            class="button"
            type="button"
            onClick={() => control('pause', 'Pause healing', 'What dies is still restarted.')}
          >
            Pause healing
          </button>
        ) : (
          <button
            class="button ink"
            type="button"
            onClick={() => control('resume', 'Resume healing', 'Runbooks may act again.')}
          >
            Resume healing
          </button>
        )}
        <button
          class="button"
          type="button"
          onClick={() =>
            control('emergency-stop', 'Emergency stop', 'Runs are taken back; nothing begins.')
          }
        >
          Emergency stop
        </button>
      </div>
    </section>
  );
}
