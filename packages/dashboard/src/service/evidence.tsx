/** Why a service is not ok: the sentence, and on demand what it rests on and what to type next. */
import { useState } from 'preact/hooks';
import type { ServiceStatus } from '@fettle/sdk/api/status';
import { api } from '../api.ts';
import { clock } from '../format.ts';
import { useLoaded } from '../parts/loaded.ts';

function confidenceWords(confidence: number | null): string {
  if (confidence === null) return '';
  const word =
    confidence >= 0.9
      ? 'certain'
      : confidence >= 0.7
        ? 'likely'
        : confidence >= 0.4
          ? 'possible'
          : 'a guess';
  return `${word}, ${confidence.toFixed(2)}`;
}

export function EvidencePanel({ service }: { service: ServiceStatus }) {
  const [open, setOpen] = useState(false);
  const crit = service.state === 'failing' || service.state === 'crash-loop';
  const tint = crit ? 'crit' : service.state === 'healing' ? 'heal' : 'warn';
  return (
    <>
      <div class={`banner ${tint}`}>
        <span>
          <strong>Why</strong> {service.why}
        </span>
        <button
          class="button end"
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          Evidence
        </button>
      </div>
      {open && <Evidence name={service.name} why={service.why ?? ''} />}
    </>
  );
}

function Evidence({ name, why }: Readonly<{ name: string; why: string }>) {
  const { data, problem } = useLoaded(() => api.why(name), `${name} ${why}`, null);
  if (problem !== null) return <p class="banner warn">{problem}</p>;
  if (data === null) return <div class="panel skeleton" aria-busy="true" />;
  return (
    <section class="panel" aria-label="Evidence">
      <header>
        <h2>Evidence</h2>
        <span class="faint">
          {data.cause} {confidenceWords(data.confidence)}
        </span>
      </header>
      <div class="body">
        <dl class="facts">
          {data.evidence.map((item) => (
            <>
              <dt>
                {item.kind}
                {item.at !== null && ` ${clock(item.at)}`}
              </dt>
              <dd class="mono">{item.text}</dd>
            </>
          ))}
        </dl>
        {data.next.length > 0 && (
          <p class="muted">
            Next:{' '}
            {data.next.map((command) => (
              <>
                <code>{command}</code>{' '}
              </>
            ))}
          </p>
        )}
      </div>
    </section>
  );
}
