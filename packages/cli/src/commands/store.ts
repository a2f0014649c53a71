/** `fettle store migrate|verify|backup|restore`: the stored history, while the stack is up or down. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { StoreReport } from '@fettle/controller/store-admin';
import { FettleError } from '@fettle/sdk/fettle-error';
import { exitCodes, type CommandInput, type CommandModule } from '../command.ts';
import { lockHeld } from '../daemon.ts';
import { emit } from '../emit.ts';
import { countFlag } from '../flag-values.ts';
import { commandLine, usageError, type Session } from '../session.ts';
import { formatBytes, plural } from '../terminal/amount.ts';

const verbs = ['migrate', 'verify', 'backup', 'restore'];

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<verb>', verbs.join(', '))
      .argument('[file]', 'of backup and restore; verify: another file, as a backup')
      .option('--dry-run', 'migrate: only say which steps would run')
      .option('--verify', 'migrate: verify the store afterwards')
      .option('--rollback', 'migrate: one step back')
      .option('--to <version>', 'migrate: to this schema');
  },
  async run(session, input) {
    switch (input.args[0]) {
      case 'migrate':
        return migrate(session, input);
      case 'verify':
        return verify(session, input.args[1]);
      case 'backup':
        return backup(session, fileOf(session, input));
      case 'restore':
        return restore(session, fileOf(session, input));
      default:
        throw usageError(
          `store ${input.args[0] ?? ''} is not a command`,
          `one of: ${verbs.join(', ')}`,
        );
    }
  },
};

/** Reading a database is much code: it is loaded only here. */
const admin = () => import('@fettle/controller/store-admin');

async function migrate(session: Session, input: CommandInput): Promise<number> {
  const store = await admin();
  const { database } = session.paths;
  const { version } = store.readStoreVersion(database);
  const rollback = input.options['rollback'] === true;
  const to = rollback ? Math.max(0, version - 1) : countFlag(input.options['to'], '--to');
  const dryRun = input.options['dryRun'] === true;
  const done = dryRun
    ? { steps: store.planStoreMigration(database, to), backupPath: null }
    : await store.migrateStore(database, to);
  const verified = input.options['verify'] === true ? store.verifyStore(database) : null;
  const document = {
    schema: 'fettle.store-migration/v1',
    from: version,
    dryRun,
    ...done,
    verified,
  };
  const steps = done.steps.map(
    ({ id, title }) => `${dryRun ? 'would run' : 'ran'} ${id}: ${title}\n`,
  );
  if (steps.length === 0) steps.push(`nothing to do: the store has schema ${version}\n`);
  if (verified !== null) steps.push(reportText(verified));
  await emit(session, document, () => steps.join(''));
  if (done.backupPath !== null) session.output.say(`a copy from before is ${done.backupPath}`);
  return verified === null || verified.ok ? exitCodes.ok : exitCodes.notAsAsked;
}

async function verify(session: Session, file: string | undefined): Promise<number> {
  const path = file === undefined ? session.paths.database : resolve(file);
  const report = (await admin()).verifyStore(path);
  await emit(session, { schema: 'fettle.store-report/v1', ...report }, () => reportText(report));
  return report.ok ? exitCodes.ok : exitCodes.notAsAsked;
}

function reportText(report: StoreReport): string {
  const { chain, integrity, version, wanted, sizeBytes } = report;
  const schema = version === wanted ? `${version}` : `${version}, ${wanted} is wanted`;
  const broken = chain.brokenAtSeq === null ? 'broken' : `broken at event ${chain.brokenAtSeq}`;
  return [
    `${report.ok ? 'fine' : 'not fine'}: schema ${schema}, ${formatBytes(sizeBytes)}`,
    `audit chain ${chain.ok ? 'whole' : broken}: ${plural(chain.rows, 'event')}`,
    ...integrity.map((complaint) => `SQLite: ${complaint}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The copy is proven before it is called a backup. */
async function backup(session: Session, file: string): Promise<number> {
  const store = await admin();
  await store.backupStore(session.paths.database, file);
  const report = store.verifyStore(file);
  session.output.say(reportText(report).trimEnd());
  const document = { schema: 'fettle.store-backup/v1', file };
  await emit(session, document, () => `${file}\n`);
  return exitCodes.ok;
}

/** Under a daemon it would be lost with the controller's next write, or lose what it wrote. */
async function restore(session: Session, file: string): Promise<number> {
  if (await lockHeld(session))
    throw new FettleError('E-STORE-BUSY', 'a daemon runs this stack and writes its history', {
      hint: `${commandLine(session, 'down')}      then restore`,
      status: 409,
      exitCode: 5,
    });
  const kept = await (await admin()).restoreStore(session.paths.database, file);
  const document = { schema: 'fettle.store-restore/v1', file, kept };
  await emit(session, document, () => `restored from ${file}\n`);
  if (kept !== null) session.output.say(`what was there before is ${kept}`);
  return exitCodes.ok;
}

function fileOf(session: Session, input: CommandInput): string {
  const [verb, file] = input.args;
  if (file !== undefined) return resolve(file);
  throw usageError(
    `store ${verb ?? ''} wants a file`,
    commandLine(session, `store ${verb ?? ''} history.db`),
  );
}
