/** Asks before an act, naming the service; one dialog serves the page. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { FettleError } from '@fettle/sdk/fettle-error';

type Question = Readonly<{
  title: string;
  text: string;
  verb: string;
  act: () => Promise<unknown>;
}>;

const question = signal<Question | null>(null);
export const toast = signal<string | null>(null);

export function ask(next: Question): void {
  question.value = next;
}

export function say(text: string): void {
  toast.value = text;
  setTimeout(() => {
    if (toast.value === text) toast.value = null;
  }, 6_000);
}

export function ConfirmDialog() {
  const box = useRef<HTMLDialogElement>(null);
  const current = question.value;
  useEffect(() => {
    if (current !== null) box.current?.showModal();
    else box.current?.close();
  }, [current]);
  const act = async () => {
    if (current === null) return;
    question.value = null;
    try {
      await current.act();
      say(`${current.title}: asked.`);
    } catch (cause) {
      const hint = cause instanceof FettleError ? ` ${cause.hint}` : '';
      say(`${current.title} failed: ${cause instanceof Error ? cause.message : 'unknown'}.${hint}`);
    }
  };
  return (
    <dialog ref={box} aria-labelledby="confirm-title" onClose={() => (question.value = null)}>
      <h2 id="confirm-title">{current?.title}</h2>
      <p class="muted">{current?.text}</p>
      <div class="actions">
        <button class="button" type="button" onClick={() => (question.value = null)}>
          Cancel
        </button>
        <button class="button ink" type="button" onClick={() => void act()}>
          {current?.verb}
        </button>
      </div>
    </dialog>
  );
}

export function Toast() {
  return (
    <div role="status" aria-live="polite">
      {toast.value !== null && <div class="toast">{toast.value}</div>}
    </div>
  );
}
