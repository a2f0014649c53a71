/**
 * Notices that we ourselves stood still: a stopped or starved controller sees every check late at
 * once, and must not believe what it then measures. A tick that comes much too late tells.
 */
export type Pause = Readonly<{ fromMs: number; toMs: number }>;
export type PauseWatch = Readonly<{
  /** Looks now, for those whose own timer may have fired before our tick. */
  look(): void;
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
  const timer = setInterval(look, tickMs);
  timer.unref();
  return { look, stop: () => clearInterval(timer) };
}
