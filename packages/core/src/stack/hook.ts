/**
 * Commands around the life of a service: before and after its start, before and after its stop.
 *
 * Words of ours for all four; Compose's `post_start` is `after_start`, its `pre_stop` is
 * `before_stop`. They run on the machine of the service, in its folder, with its variables.
 */

export const hookStages = ['before_start', 'after_start', 'before_stop', 'after_stop'] as const;
export type HookStage = (typeof hookStages)[number];

/**
 * What a hook that failed means: `fail` keeps the service down until somebody acts, `retry` counts
 * as a crash of the service, `ignore` is told and goes on. Before and after a stop only `ignore`
 * is possible: a stop goes on whatever its hooks say.
 */
export const hookPolicies = ['fail', 'retry', 'ignore'] as const;
export type HookPolicy = (typeof hookPolicies)[number];

export type Hook = Readonly<{
  /** argv. */
  command: readonly string[];
  /** Absolute; null: that of the service. */
  workingDir: string | null;
  /** Over the service's own. */
  environment: Readonly<Record<string, string>>;
  /** It is ended when it takes longer, and has failed. */
  timeoutMs: number;
  onFailure: HookPolicy;
}>;

/** In the order in which they run; an absent stage has none. */
export type Hooks = Readonly<Partial<Record<HookStage, readonly Hook[]>>>;

const shell = /(?:^|\/)(?:ba|da|z|k|a)?sh$/;

/** `migrate.sh`: enough to know which one, and nothing of its arguments, which may be secret. */
export function hookName({ command }: Pick<Hook, 'command'>): string {
  const [program = '', option, script] = command;
  const isScript = shell.test(program) && option?.startsWith('-') === true && script !== undefined;
  const first = isScript
    ? (/^\s*(?:exec\s+)?([^\s;&|<>()$`'"=]{1,80})(?=[\s;&|]|$)/.exec(script)?.[1] ?? '')
    : program;
  return first.split('/').at(-1) || 'a shell command';
}
