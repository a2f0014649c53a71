/**
 * Notices that we ourselves stood still: a stopped or starved controller sees every check late at
 * once, and must not believe what it then measures. A tick that comes much too late tells.
 */
export type Pause = Readonly<{ fromMs: number; toMs: number }>;
export type PauseWatch = Readonly<{
  /** Looks now, for those whose own timer may have fired before our tick. */
  look(): void;
  /** Is there anything whose lateness matters? Without it nobody is woken twice a second. */
  attend(isNeeded: boolean): void;
  stop(): void;
}>;

const tickMs = 500;
const lateMs = 700;

export function watchPauses(onPause: (pause: Pause) => void): PauseWatch {
  let lastMs = performance.now();
  const look = (): void => {
    const nowMs = performance.now();
    const fromMs = lastMs;
    lastMs = nowMs;
    if (nowMs - fromMs > tickMs + lateMs) onPause({ fromMs, toMs: nowMs });
  };
  let timer: NodeJS.Timeout | null = null;
  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    look,
    attend(isNeeded) {
      if (!isNeeded) return stop();
      if (timer !== null) return;
      lastMs = performance.now();
      timer = setInterval(look, tickMs).unref();
    },
    stop,
  };
}
