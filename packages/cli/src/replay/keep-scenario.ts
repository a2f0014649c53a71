/**
 * `fettle incidents scenario INC-1`: makes a regression scenario of an incident, runs it, and keeps
 * it when it passes; when it does not, tells what differs and where that begins.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replay } from '@fettle/core/incident/replay';
import { exitCodes } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { reach } from '../reach.ts';
import { renderReplay } from '../render/replay-text.ts';
import { commandLine, type Session } from '../session.ts';
import { plural } from '../terminal/amount.ts';
import { writeCapsule } from './export-capsule.ts';
import { brokenCapsule, readCapsuleText } from './read-capsule.ts';
import { replayDocument } from './replay-document.ts';
import { scenarioOf } from './scenario.ts';

/** `out` null: `.fettle/scenarios/INC-1.json`. */
export async function keepScenario(
  session: Session,
  id: string,
  out: string | null,
): Promise<number> {
  const text = await reach(session, () => session.client.healing.capsule(id));
  const capsule = readCapsuleText(text, id);
  const { replay: again, fault } = replay(capsule);
  if (fault !== null) throw brokenCapsule(fault, id);
  const document = replayDocument(capsule, again, null);
  if (again.differences.length > 0 || again.divergesAt !== null) {
    await emit(session, document, (look) => renderReplay(document, look));
    const first = again.divergesAt?.event ?? again.differences[0]?.event ?? 0;
    session.output.say(`not kept: it is decided differently from event ${first} on`);
    return exitCodes.notAsAsked;
  }
  const file = out ?? join(session.paths.stateDir, 'scenarios', `${id}.json`);
  if (out === null) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeCapsule(file, JSON.stringify(scenarioOf(capsule, again)));
  const kept = {
    schema: 'fettle.scenario-kept/v1',
    incident: id,
    file,
    decisions: again.was.length,
  };
  await emit(
    session,
    kept,
    () =>
      `${file} is kept: ${plural(again.was.length, 'decision')} of ${id}, decided again as they were\n`,
  );
  sayNext(session, [commandLine(session, `replay ${file}`)]);
  return exitCodes.ok;
}
