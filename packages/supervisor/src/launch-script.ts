/**
 * The text by which one shell starts many shims, each in a session of its own.
 *
 * The shims are the members of one pipeline: of all that POSIX sh runs beside each other, only
 * these do not begin with SIGINT and SIGQUIT ignored, which a service could never undo. They do
 * not hear each other, for all of their streams are set. The shell runs nothing of a pipeline that
 * was cut off before its end, and stays until the last shim ended, whose parent it is.
 */
import { shimArguments, type ShimRequest, shimScript } from './shim-script.ts';

export type ShimLaunch = Readonly<{
  shim: ShimRequest;
  /** What the service's environment has beyond that of the launching shell. */
  added: Readonly<Record<string, string>>;
  workingDir: string;
  /** Appended to; must be there. null: the output is lost. */
  spool: string | null;
}>;

/**
 * Names that a shell sets or reads itself, so that exporting them may fail or do more than that.
 * All else that is no name in sh goes through the shim's own arguments.
 */
const shellsOwn = new RegExp(
  `^(?:${[
    'BASH.*|CDPATH|DIRSTACK|ENV|E?UID|FUNCNAME|GROUPS|HISTCMD|IFS|LINENO|OLDPWD|OPT.*',
    String.raw`POSIXLY_CORRECT|PPID|PS\d|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|_`,
  ].join('|')})$`,
);
const spellable = /^[A-Za-z_]\w*$/;
/** The kernel takes 128 KiB for one argument; what comes near that is started singly. */
const maxLength = 64 * 1_024;

/** One member of the pipeline; null: it must be started without a shell in between. */
export function launchCommand(launch: ShimLaunch, setsid: string): string | null {
  const [option = '', , name = '', ...rest] = shimArguments(launch.shim);
  const exports: string[] = [`PWD=${quoted(launch.workingDir)}`];
  for (const [variable, value] of Object.entries(launch.added)) {
    if (variable === 'PWD' || !spellable.test(variable)) continue;
    if (shellsOwn.test(variable)) return null;
    exports.push(`${variable}=${quoted(value)}`);
  }
  const output = launch.spool === null ? '>/dev/null' : `>>${quoted(launch.spool)}`;
  const text = `(cd ${quoted(launch.workingDir)}||exit
unset OLDPWD
export ${exports.join(' ')}
exec ${quoted(setsid)} /bin/sh ${option} "$S" ${[name, ...rest].map(quoted).join(' ')}
) </dev/null ${output} 2>&1`;
  return text.length > maxLength || text.includes('\0') ? null : text;
}

export function launchScript(commands: readonly string[]): string {
  return `S=${quoted(shimScript)}\n${commands.join(' |\n')}\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
