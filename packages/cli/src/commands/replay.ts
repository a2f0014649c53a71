/** `fettle replay FILE`: decides an exported incident again; works without a daemon. */
import type { Command } from 'commander';
import { exitCodes, type CommandModule } from '../command.ts';
import { emit } from '../emit.ts';
import { replayDocument } from '../replay/replay-document.ts';
import { usageError } from '../session.ts';
import { renderReplay } from '../render/replay-text.ts';

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('<file>', 'of incidents export, or of incidents scenario')
      .option('--with <file>', 'as if this policy.yaml or runbook had been in force');
  },
  async run(session, { args, options }) {
    const [file] = args;
    if (file === undefined) throw usageError('replay wants a file', 'fettle replay INC-1.json');
    const { readCapsuleFile, brokenCapsule } = await import('../replay/read-capsule.ts');
    const { replay } = await import('@fettle/core/incident/replay');
    const capsule = readCapsuleFile(file);
    const other = typeof options['with'] === 'string' ? options['with'] : null;
    const { readOverride } = await import('../replay/read-override.ts');
    const override = other === null ? null : await readOverride(session, other, capsule);
    const { replay: again, fault } = replay(capsule, override?.overrides);
    if (fault !== null) throw brokenCapsule(fault, file);
    const document = replayDocument(capsule, again, other);
    await emit(session, document, (look) => renderReplay(document, look));
    const isAsWas = again.differences.length === 0 && again.divergesAt === null;
    return isAsWas || other !== null ? exitCodes.ok : exitCodes.notAsAsked;
  },
};
