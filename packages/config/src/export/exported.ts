/** What an export gives: files for the other tool, and what that tool has no word for. */
import type { CommandText } from '../keys/health-keys.ts';
import { joinCommand } from '../build/command.ts';
import {
  Directives,
  isMap,
  type DraftService,
  type Plain,
  type PlainMap,
} from '../import/draft.ts';

export type Exported = Readonly<{
  files: readonly Readonly<{ name: string; text: string }>[];
  /** Keys that are not in the files. */
  lost: readonly Readonly<{ service: string | null; key: string }>[];
}>;

/** The keys of one service while they are told to another tool. */
export class Telling {
  readonly service: DraftService;
  readonly keys: Directives;
  readonly #lost: { service: string; key: string }[];

  constructor(service: DraftService, lost: { service: string; key: string }[]) {
    this.service = service;
    this.keys = new Directives(service.keys);
    this.#lost = lost;
  }

  lose(key: string): void {
    this.#lost.push({ service: this.service.name, key });
  }

  /** All that nobody took; keys of other tools' imports are theirs. */
  finish(): void {
    this.keys.keepRest({
      keep: (key) => {
        if (!key.startsWith('x-')) this.lose(key);
      },
    });
  }

  /** `hooks` and Compose's two words for them, each with its command and whether failing is fine. */
  hooks(): readonly Readonly<{ when: string; command: Plain; isForgiven: boolean }>[] {
    const { post_start: after, pre_stop: before, hooks = {} } = this.service.keys;
    for (const key of ['post_start', 'pre_stop', 'hooks']) this.keys.take(key);
    const wishes = Object.entries({
      ...(after === undefined ? {} : { after_start: after }),
      ...(before === undefined ? {} : { before_stop: before }),
      ...(isMap(hooks) ? hooks : {}),
    });
    return wishes.flatMap(([when, wish]) =>
      (Array.isArray(wish) ? wish : [wish]).map((one) => ({
        when,
        command: isMap(one) ? (one['command'] ?? '') : one,
        isForgiven: isMap(one) && one['on_failure'] === 'ignore',
      })),
    );
  }

  /** `command` and `entrypoint` as words, a shell in front where Fettle would take one. */
  words(): readonly string[] {
    const [entrypoint, command] = [this.keys.take('entrypoint'), this.keys.take('command')];
    const joined = joinCommand(commandOf(entrypoint), commandOf(command));
    return joined.kind === 'argv' ? joined.argv : [];
  }

  /** The single port that is asked for first, or null. */
  port(): number | null {
    const wish = this.keys.take('port');
    const prefer = isMap(wish) ? [wish['prefer'] ?? []].flat() : [wish ?? []].flat();
    const first = Number(String(prefer[0] ?? '').split('-')[0]);
    if (wish !== undefined && !(first > 0)) this.lose('port');
    return first > 0 ? first : null;
  }

  environment(): PlainMap {
    const said = this.keys.take('environment');
    if (isMap(said)) return said;
    const pairs = (Array.isArray(said) ? said : []).map((one) => {
      const text = String(one);
      const at = text.indexOf('=');
      return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
    });
    return Object.fromEntries(pairs) as PlainMap;
  }

  /** Paths of `env_file`, each whether it must be there. */
  envFiles(): readonly Readonly<{ path: string; required: boolean }>[] {
    return [this.keys.take('env_file') ?? []]
      .flat()
      .map((one) =>
        isMap(one)
          ? { path: String(one['path'] ?? ''), required: one['required'] !== false }
          : { path: String(one), required: true },
      );
  }

  dependencies(): readonly Readonly<{ name: string; condition: string; required: boolean }>[] {
    const wishes = this.keys.take('depends_on');
    if (!isMap(wishes))
      return [wishes ?? []]
        .flat()
        .map((name) => ({ name: String(name), condition: 'service_started', required: true }));
    return Object.entries(wishes).map(([name, wish]) => ({
      name,
      condition: isMap(wish) ? String(wish['condition'] ?? 'service_started') : 'service_started',
      required: !isMap(wish) || wish['required'] !== false,
    }));
  }

  /** Of `deploy`: what most tools have; the rest is lost. */
  deploy(): Readonly<{ replicas: number; policy: PlainMap }> {
    const { replicas, restart_policy: policy, ...rest } = this.keys.map('deploy') ?? {};
    for (const key of Object.keys(rest)) this.lose(`deploy.${key}`);
    return { replicas: Number(replicas ?? 1), policy: isMap(policy) ? policy : {} };
  }
}

export function commandOf(value: Plain | undefined): CommandText | null {
  if (value === undefined || value === null) return null;
  return Array.isArray(value)
    ? { kind: 'list', words: value.map(String) }
    : { kind: 'text', text: String(value) };
}

/** `10s`, `1m30s`, `500ms` in seconds. */
export function secondsOf(value: Plain | undefined): number | null {
  if (typeof value === 'number') return value;
  const factors: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };
  const parts = [...String(value ?? '').matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?/g)];
  if (parts.length === 0) return null;
  return parts.reduce((sum, [, n = '0', unit = 's']) => sum + Number(n) * (factors[unit] ?? 1), 0);
}

/** Quoted where a shell would do something with it; the mark of a variable still is one. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (/\uE000/.test(word)) return `"${word.replaceAll(/["\\`$]/g, String.raw`\$&`)}"`;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
