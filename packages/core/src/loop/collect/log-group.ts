/**
 * Keeps the lines of one message together: a stack trace belongs to the line that opened it.
 *
 * A line continues the one before when it is indented, closes a bracket, or is one of the joints
 * that runtimes print between traces (Java's `Caused by:`, Python's chained tracebacks). After
 * Python's `Traceback` the exception's own line, not indented, still belongs to it.
 */

export type GroupState = {
  inTraceback: boolean;
  /** The exception's own line was the last one: only Python's joints may follow. */
  tracebackEnded: boolean;
  lines: number;
  /** Level code of the first line. */
  level: number;
};

/** A group longer than this begins anew, so that a file of indented lines is not one message. */
const MAX_GROUP_LINES = 500;

const JOINTS =
  /^(?:Caused by: |During handling of the above |The above exception was |Suppressed: |goroutine \d+ |Node\.js v\d|stack backtrace:|note: run with )/;
const CLOSERS = /^[})\]]+[,;]?$/;

export function newGroup(): GroupState {
  return { inTraceback: false, tracebackEnded: false, lines: 0, level: 0 };
}

/**
 * Does `line` continue the message before it? Moves `group` on. `level`: code of the line itself.
 */
export function continues(group: GroupState, line: string, level: number): boolean {
  const joined = group.lines > 0 && group.lines < MAX_GROUP_LINES && joins(group, line);
  if (!joined) {
    group.lines = 1;
    group.level = level;
    group.tracebackEnded = false;
    group.inTraceback = line.startsWith('Traceback (most recent call last)');
    return false;
  }
  group.lines++;
  return true;
}

function joins(group: GroupState, line: string): boolean {
  if (line === '') return group.inTraceback || group.tracebackEnded;
  const first = line.charCodeAt(0);
  if (first === 0x20 || first === 0x09) return true;
  if (line.startsWith('Traceback (most recent call last)')) {
    const follows = group.level >= 5 || group.inTraceback;
    group.inTraceback = follows;
    return follows;
  }
  if (group.inTraceback) {
    group.inTraceback = false;
    group.tracebackEnded = true;
    return true;
  }
  if (JOINTS.test(line)) {
    group.inTraceback = line.startsWith('During') || line.startsWith('The above');
    return true;
  }
  return CLOSERS.test(line);
}
