/**
 * Says in words how a run ended and why it was started.
 *
 * A shell reports signal n as 128 + n, which a program may also return by itself, so the text
 * names both readings instead of guessing. Source: POSIX.1-2024, XCU 2.8.2 "Exit Status".
 */
import type { EndReason, ExitNote, RunExit, StartReason } from './run.ts';

const endWords: Readonly<Record<EndReason, string>> = {
  'operator-stop': 'asked to stop',
  'operator-restart': 'asked to restart',
  'config-changed': 'config changed',
  'dependency-restarted': 'a dependency was restarted',
  'dependency-moved': 'a dependency moved to another port',
  'scaled-down': 'scaled down',
  removed: 'removed from the config',
  hang: 'it hung',
  'memory-limit': 'over its memory limit',
  'process-limit': 'over its limit of processes',
  'port-stolen': 'its port was stolen',
  'hook-failed': 'its after_start hook failed',
  'stack-down': 'the stack goes down',
  replaced: 'replaced',
  'next-run': 'its next run is due',
};

const startWords: Readonly<Record<StartReason, string>> = {
  'first-start': 'first start',
  'operator-start': 'asked to start',
  crash: 'after a crash',
  'unexpected-exit': 'after an unexpected exit',
  hang: 'after a hang',
  'operator-restart': 'asked to restart',
  'config-changed': 'config changed',
  'dependency-restarted': 'a dependency was restarted',
  'dependency-moved': 'a dependency moved to another port',
  'scaled-up': 'scaled up',
  'memory-limit': 'after going over its memory limit',
  'process-limit': 'after going over its limit of processes',
  'port-stolen': 'its port was stolen',
  'hook-failed': 'after its hook failed',
  'unknown-exit': 'after an end that nobody saw',
  reset: 'its counters were reset',
  schedule: 'its schedule',
};

const noteWords: Readonly<Record<ExitNote, string>> = {
  'stopped-elsewhere': 'stopped through the engine, not by Fettle',
  'killed-elsewhere': 'killed through the engine, not by Fettle',
  'removed-elsewhere': 'its container was removed, not by Fettle',
  'restarted-elsewhere': 'restarted through the engine, not by Fettle',
};

/** `config changed`, `it hung`. */
export function endReasonText(reason: EndReason): string {
  return endWords[reason] ?? reason;
}

/** `first start`, `after a crash`. */
export function startReasonText(reason: StartReason): string {
  return startWords[reason] ?? reason;
}

/** `exit 1`, `137 (KILL or exit 137)`, `stopped by Fettle: config changed`. */
export function exitText(exit: RunExit): string {
  if (exit.endedBy !== null) return `stopped by Fettle: ${endReasonText(exit.endedBy)}`;
  if (exit.outOfMemory === true && exit.posixSignal === 'SIGKILL')
    return 'killed by the kernel: out of memory';
  if (exit.note !== undefined) {
    const code = exit.code === null ? '' : ` (exit ${exit.code})`;
    return `${noteWords[exit.note]}${code}`;
  }
  if (exit.kind === 'unknown') return 'unknown (no exit record)';
  const name = exit.posixSignal === null ? null : exit.posixSignal.replace(/^SIG/, '');
  if (name === null) return `exit ${exit.code ?? '?'}`;
  if (exit.kind === 'signal' || exit.code === null) return `killed by ${name}`;
  return `${exit.code} (${name} or exit ${exit.code})`;
}
