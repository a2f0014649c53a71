/**
 * Every verb of this version: one line each. A command's own file is loaded only when it runs, so
 * that help and completion stay quick. Adding a command is its file and one entry here.
 */
import type { CommandModule } from './command.ts';

export type CatalogueEntry = Readonly<{
  name: string;
  alias?: string;
  group: 'Run' | 'Look' | 'Understand' | 'Heal' | 'Set up';
  summary: string;
  /** Hidden entries are for machines. */
  hidden?: true;
  /** What completion offers after the verb. */
  completes?: 'services' | readonly string[];
  load(): Promise<Readonly<{ command: CommandModule }>>;
}>;

export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'up',
    group: 'Run',
    summary: 'check the config, start what should run, follow it',
    completes: 'services',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'down',
    group: 'Run',
    summary: 'stop every service, then the daemon',
    load: () => import('./commands/down.ts'),
  },
  {
    name: 'start',
    group: 'Run',
    summary: 'start services',
    completes: 'services',
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'stop',
    group: 'Run',
    summary: 'stop services; they stay stopped until start or up',
    completes: 'services',
    load: () => import('./commands/stop.ts'),
  },
  {
    name: 'restart',
    group: 'Run',
    summary: 'stop services and start them again',
    completes: 'services',
    load: () => import('./commands/restart.ts'),
  },
  {
    name: 'scale',
    group: 'Run',
    summary: 'run so many instances: scale worker=3',
    completes: 'services',
    load: () => import('./commands/scale.ts'),
  },
  {
    name: 'reset',
    group: 'Run',
    summary: 'forget a crash loop’s counters and try again now',
    completes: 'services',
    load: () => import('./commands/reset.ts'),
  },
  {
    name: 'run',
    group: 'Run',
    summary: 'run a command once as a service would: run api -- npm test',
    completes: 'services',
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'exec',
    group: 'Run',
    summary: 'run a command beside a running instance: exec api -- env',
    completes: 'services',
    load: () => import('./commands/exec.ts'),
  },
  {
    name: 'schedule',
    group: 'Run',
    summary: 'what runs by the clock: list, next SERVICE, run SERVICE',
    completes: ['list', 'next', 'run'],
    load: () => import('./commands/schedule.ts'),
  },
  {
    name: 'wait',
    alias: 'is-ready',
    group: 'Run',
    summary: 'wait until services are in a state; is-ready asks once',
    completes: 'services',
    load: () => import('./commands/wait.ts'),
  },
  {
    name: 'status',
    alias: 'ps',
    group: 'Look',
    summary: 'what runs, in which state, and why anything is not ok',
    completes: 'services',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'logs',
    group: 'Look',
    summary: 'output of services, stitched over restarts',
    completes: 'services',
    load: () => import('./commands/logs.ts'),
  },
  {
    name: 'ports',
    group: 'Look',
    summary: 'who holds which port; ports free PORT helps to get one back',
    completes: ['free'],
    load: () => import('./commands/ports.ts'),
  },
  {
    name: 'links',
    group: 'Look',
    summary: 'try every declared dependency end to end, now',
    load: () => import('./commands/links.ts'),
  },
  {
    name: 'graph',
    group: 'Look',
    summary: 'who needs whom, as a tree, -o mermaid, dot or json',
    load: () => import('./commands/graph.ts'),
  },
  {
    name: 'watch',
    group: 'Look',
    summary: 'files whose change restarts a service, and what their last change led to',
    completes: 'services',
    load: () => import('./commands/watch.ts'),
  },
  {
    name: 'events',
    group: 'Look',
    summary: 'what happened, newest last; -F follows',
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'open',
    group: 'Look',
    summary: 'open the dashboard',
    completes: 'services',
    load: () => import('./commands/open.ts'),
  },
  {
    name: 'try',
    group: 'Look',
    summary: 'watch a stack that PM2, systemd, Compose or nobody keeps; owns nothing',
    load: () => import('./commands/try.ts'),
  },
  {
    name: 'ls',
    group: 'Look',
    summary: 'the stacks of yours that run on this machine',
    load: () => import('./commands/ls.ts'),
  },
  {
    name: 'why',
    group: 'Understand',
    summary: 'why a service is in its state, with the evidence',
    completes: 'services',
    load: () => import('./commands/why.ts'),
  },
  {
    name: 'incidents',
    alias: 'inc',
    group: 'Understand',
    summary: 'failures from first symptom to lesson; incidents show INC-1',
    completes: [
      'list',
      'show',
      'ack',
      'resolve',
      'note',
      'right',
      'wrong',
      'todo',
      'done',
      'write-up',
      'messages',
      'export',
      'scenario',
    ],
    load: () => import('./commands/incidents.ts'),
  },
  {
    name: 'replay',
    group: 'Understand',
    summary: 'decide an exported incident again, --with another policy or runbook',
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'timeline',
    group: 'Understand',
    summary: 'what happened to a service or to the stack',
    completes: 'services',
    load: () => import('./commands/timeline.ts'),
  },
  {
    name: 'explain',
    group: 'Understand',
    summary: 'what an error code means and what to do',
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'runbooks',
    group: 'Heal',
    summary: 'what may be done about what: list, show, validate, test, run, schema',
    completes: ['list', 'show', 'validate', 'test', 'run', 'schema'],
    load: () => import('./commands/runbooks.ts'),
  },
  {
    name: 'runs',
    group: 'Heal',
    summary: 'what runbooks did; --active, --stats',
    load: () => import('./commands/runs.ts'),
  },
  {
    name: 'approve',
    group: 'Heal',
    summary: 'let a run that asks begin: approve run-3',
    load: () => import('./commands/approve.ts'),
  },
  {
    name: 'reject',
    group: 'Heal',
    summary: 'say no to a run that asks',
    load: () => import('./commands/reject.ts'),
  },
  {
    name: 'pause',
    group: 'Heal',
    summary: 'stop healing, of a service or of all; the dead are still restarted',
    completes: 'services',
    load: () => import('./commands/pause.ts'),
  },
  {
    name: 'resume',
    group: 'Heal',
    summary: 'heal again after pause or emergency-stop',
    completes: 'services',
    load: () => import('./commands/resume.ts'),
  },
  {
    name: 'emergency-stop',
    group: 'Heal',
    summary: 'stop at once: runs are taken back, nothing begins until resume',
    load: () => import('./commands/emergency-stop.ts'),
  },
  {
    name: 'demo',
    group: 'Set up',
    summary: 'a stack that breaks three times, explained; then it is gone',
    completes: ['crash', 'config', 'hang'],
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'init',
    group: 'Set up',
    summary: 'write what a folder needs: --from another tool’s file, --make, --vscode',
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'inspect',
    group: 'Look',
    summary: 'open the debugger of a running Node service',
    completes: 'services',
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'config',
    group: 'Set up',
    summary: 'validate, show, schema, diff, export of the stack’s definition',
    completes: ['validate', 'show', 'schema', 'diff', 'export'],
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'install',
    group: 'Set up',
    summary: 'run the stack as a unit of systemd or launchd, also after a reboot',
    load: () => import('./commands/install.ts'),
  },
  {
    name: 'uninstall',
    group: 'Set up',
    summary: 'stop the stack and remove its unit',
    load: () => import('./commands/uninstall.ts'),
  },
  {
    name: 'upgrade',
    group: 'Set up',
    summary: 'another version under running stacks, taken back when one is not well',
    load: () => import('./commands/upgrade.ts'),
  },
  {
    name: '__unit',
    group: 'Set up',
    summary: 'what the installed unit calls',
    hidden: true,
    load: () => import('./commands/unit.ts'),
  },
  {
    name: 'store',
    group: 'Set up',
    summary: 'migrate, verify, backup, restore of the stored history',
    completes: ['migrate', 'verify', 'backup', 'restore'],
    load: () => import('./commands/store.ts'),
  },
  {
    name: 'completion',
    group: 'Set up',
    summary: 'the completion script of your shell',
    completes: ['bash', 'zsh', 'fish'],
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'version',
    group: 'Set up',
    summary: 'versions of the CLI and of the running daemon',
    load: () => import('./commands/version.ts'),
  },
  {
    name: 'help',
    group: 'Set up',
    summary: 'help on a command or a topic (exit-codes)',
    completes: ['exit-codes'],
    load: () => import('./commands/help.ts'),
  },
  {
    name: '__complete',
    group: 'Set up',
    summary: 'candidates for a shell’s completion',
    hidden: true,
    load: () => import('./commands/complete.ts'),
  },
];

export function findEntry(word: string): CatalogueEntry | null {
  return catalogue.find((entry) => entry.name === word || entry.alias === word) ?? null;
}
