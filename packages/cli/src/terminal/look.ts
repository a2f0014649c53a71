/**
 * Decides how output may look: colour, glyphs, width. Decided once per stream, passed to renderers.
 *
 * Order for colour: `--color` > `NO_COLOR` (non-empty) > `FORCE_COLOR`/`CLICOLOR_FORCE` > a TTY whose
 * `TERM` is not `dumb`. Source: no-color.org; bixense.com/clicolors; CMake puts NO_COLOR first.
 */

export type ColorChoice = 'auto' | 'always' | 'never';

export type Look = Readonly<{
  /** Characters a line may take; Infinity: never truncate. */
  columns: number;
  color: boolean;
  /** false: ASCII only. */
  unicode: boolean;
  /** true: a person watches, times are relative and lines may be redrawn. */
  tty: boolean;
}>;

export type LookInput = Readonly<{
  env: Readonly<Record<string, string | undefined>>;
  isTty: boolean;
  /** Of the terminal itself; null: none. */
  terminalColumns: number | null;
  choice: ColorChoice;
}>;

export function decideLook(input: LookInput): Look {
  const { env, isTty } = input;
  return {
    columns: columnsOf(input),
    color: colorOf(env, isTty, input.choice),
    unicode: unicodeOf(env),
    tty: isTty,
  };
}

function columnsOf({ env, terminalColumns }: LookInput): number {
  const asked = Number(env['COLUMNS']);
  if (Number.isInteger(asked) && asked > 0) return Math.max(20, asked);
  return terminalColumns === null || terminalColumns <= 0 ? Infinity : terminalColumns;
}

function colorOf(env: LookInput['env'], isTty: boolean, choice: ColorChoice): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR']) || isSet(env['CLICOLOR_FORCE']))
    return env['FORCE_COLOR'] !== '0' && env['CLICOLOR_FORCE'] !== '0';
  return isTty && env['TERM'] !== 'dumb';
}

function unicodeOf(env: LookInput['env']): boolean {
  if (env['FETTLE_ASCII'] === '1') return false;
  // POSIX: LC_ALL over LC_CTYPE over LANG; the first that is set decides.
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(isSet);
  return locale !== undefined && /utf-?8/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
