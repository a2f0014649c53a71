/** What follows when a file of a service changes. */

export const watchActions = ['restart', 'reload', 'none'] as const;
/** `reload` sends a signal to those who mind it; `none` only tells. */
export type WatchAction = (typeof watchActions)[number];

export type WatchRule = Readonly<{
  /** Absolute files and folders; folders with all below them. */
  paths: readonly string[];
  /** Names (`*.log`) and ways below the watched folder (`dist/**`) that do not count. */
  ignore: readonly string[];
  action: WatchAction;
  /** Nothing is done before nothing has changed for so long. */
  debounceMs: number;
}>;
