/**
 * What people do with a stack from Make or from an editor: one table, from which the Makefile's
 * targets and VS Code's tasks are made, so that neither lacks what the other has.
 */

export type Control = Readonly<{
  /** `service-<name>` in Make, `fettle: <name>` in VS Code. */
  name: string;
  /** Words after `fettle`. */
  words: string;
  /** `one`: a service must be named; `some`: it may be, else all that are meant. */
  takes: 'none' | 'one' | 'some';
  /** Said in place of services when none is named; absent: nothing. */
  every?: '--all';
  /** It goes on until it is stopped. */
  follows?: true;
  what: string;
}>;

export const controls: readonly Control[] = [
  { name: 'up', words: 'up -d', takes: 'some', what: 'check the config, start what should run' },
  { name: 'down', words: 'down', takes: 'none', what: 'stop every service, then the daemon' },
  { name: 'start', words: 'start', takes: 'some', every: '--all', what: 'start services' },
  { name: 'stop', words: 'stop', takes: 'some', every: '--all', what: 'stop services' },
  {
    name: 'restart',
    words: 'restart',
    takes: 'some',
    every: '--all',
    what: 'stop services and start them again',
  },
  {
    name: 'reset',
    words: 'reset',
    takes: 'some',
    every: '--all',
    what: 'forget a crash loop’s counters and try again now',
  },
  { name: 'wait', words: 'wait', takes: 'some', what: 'wait until services are ok' },
  { name: 'status', words: 'status', takes: 'some', what: 'what runs, and why anything is not ok' },
  { name: 'logs', words: 'logs -n 200', takes: 'some', what: 'output, stitched over restarts' },
  {
    name: 'follow',
    words: 'logs -f',
    takes: 'some',
    follows: true,
    what: 'output as it comes, until Ctrl-C',
  },
  { name: 'why', words: 'why', takes: 'one', what: 'why a service is in its state' },
  { name: 'timeline', words: 'timeline', takes: 'some', what: 'what happened' },
  { name: 'ports', words: 'ports', takes: 'none', what: 'who holds which port' },
  { name: 'links', words: 'links', takes: 'none', what: 'try every declared dependency, now' },
  { name: 'graph', words: 'graph', takes: 'none', what: 'who needs whom' },
  {
    name: 'incidents',
    words: 'incidents',
    takes: 'none',
    what: 'failures, from symptom to lesson',
  },
  { name: 'runs', words: 'runs', takes: 'none', what: 'what runbooks did' },
  { name: 'pause', words: 'pause', takes: 'some', what: 'stop healing; the dead are restarted' },
  { name: 'resume', words: 'resume', takes: 'some', what: 'heal again' },
  { name: 'open', words: 'open', takes: 'none', what: 'the dashboard' },
  { name: 'validate', words: 'config validate', takes: 'none', what: 'check the config' },
  { name: 'diff', words: 'config diff', takes: 'none', what: 'the config against what runs' },
  { name: 'verify', words: 'store verify', takes: 'none', what: 'check the stored history' },
];
