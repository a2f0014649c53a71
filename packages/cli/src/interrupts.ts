/**
 * Ctrl-C and SIGTERM. The first asks the running command to end; the second ends us at once,
 * unless the command took it over (`up` then kills what is left of the stack).
 */

export type Interrupts = {
  readonly signal: AbortSignal;
  /** 130 or 143 after the first; 0 before. */
  exitCode: number;
  /** Set by a command that handles the second itself. */
  onSecond: (() => void) | null;
  /** What is still to be done when the terminal was closed; we end after it. Absent: nothing. */
  onHangup?: (() => Promise<void>) | null;
  /** A child in the foreground heard the same and its exit code is ours. Absent: there is none. */
  childAnswers?: boolean;
};

/** As shells tell of an end by SIGHUP. */
const hungUp = 129;
const hangupMs = 1_000;

export function listenForInterrupts(): Interrupts {
  const controller = new AbortController();
  const state: Interrupts = { signal: controller.signal, exitCode: 0, onSecond: null };
  const take = (exitCode: number): void => {
    if (!controller.signal.aborted) {
      state.exitCode = exitCode;
      controller.abort();
    } else if (state.onSecond !== null) state.onSecond();
    else process.exit(exitCode);
  };
  process.on('SIGINT', () => take(130));
  process.on('SIGTERM', () => take(143));
  process.on('SIGHUP', () => {
    setTimeout(() => process.exit(hungUp), hangupMs);
    void state.onHangup?.().finally(() => process.exit(hungUp));
    if (!state.onHangup) process.exit(hungUp);
  });
  return state;
}
