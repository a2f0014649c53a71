/** Causes around a port that is taken: by a stranger, or by what an earlier run left behind. */
import type { PortOwner } from '../../../stack/port.ts';
import type { Change } from '../../collect/change.ts';
import type { ServicePicture } from '../../collect/picture.ts';
import { complaint, complaintClue, whyClue } from '../asking.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { rule } from '../make-rule.ts';
import { ownerWords } from '../words.ts';

type Held = Readonly<{ port: number; owner: PortOwner | null }>;

/** The port that it wanted and who has it, by the supervisor, a closer look, or its log. */
function heldPort({ service, exam, complaints }: Situation): Held | null {
  const views = [...service.instances.values()].map(({ view }) => view);
  const told = complaints.findLast(({ kind }) => kind === 'port-taken');
  for (const { portTrouble, port } of views) {
    const seen = exam?.ports.find((one) => one.port === portTrouble?.port)?.owner;
    if (portTrouble !== null) return { port: portTrouble.port, owner: seen ?? portTrouble.owner };
    if (port?.fallbackFrom !== null && port?.fallbackFrom !== undefined) return port.fallbackFrom;
  }
  const other = exam?.ports.find(
    ({ port, owner }) =>
      owner !== null &&
      owner.kind !== 'ours' &&
      (told === undefined || told.port === null || told.port === port),
  );
  if (other !== undefined) return other;
  const rival = exam?.ports.find(
    ({ owner }) =>
      owner?.kind === 'ours' && owner.instance !== null && !isOwn(service.name, owner.instance),
  );
  if (rival !== undefined) return rival;
  return told === undefined ? null : { port: told.port ?? views[0]?.port?.port ?? 0, owner: null };
}

function isOwn(service: string, instance: string): boolean {
  return instance.replace(/\.\d+$/, '') === service;
}

function paramsOf({ port, owner }: Held): Readonly<Record<string, string | number>> {
  const pid = owner?.pid ?? null;
  const command = owner?.command ?? null;
  return { port, ...(pid === null ? {} : { pid }), ...(command === null ? {} : { command }) };
}

function troubleClues(situation: Situation, held: Held) {
  const { service, symptoms } = situation;
  const refused = [...service.instances.values()].some(({ view }) => view.portTrouble !== null);
  const denied = [...service.checks.values()].some(({ last }) => last.attested === false);
  const moved = movedNow(situation);
  return [
    when(moved !== undefined, () => clue(0.5, 'change', moved?.text ?? '', moved?.atMs)),
    complaintClue(complaint(situation, 'port-taken'), 0.5),
    when(refused, () => clue(0.4, 'port', `it wanted port ${held.port} and did not get it`)),
    when(denied, () => clue(0.35, 'check', 'its check is answered by another process')),
    when(
      symptoms.some(({ kind }) => kind === 'port-moved' || kind === 'listener-foreign'),
      () => clue(0.3, 'port', `port ${held.port} is not its own`),
    ),
  ];
}

/** It had to move in this very trouble: the change ledger has it. */
function movedNow({ picture, service, fromMs }: Situation): Change | undefined {
  if (!hasMoved(service)) return undefined;
  return picture.changes.findLast(
    (one) => one.kind === 'port' && one.service === service.name && one.atMs >= fromMs,
  );
}

function hasMoved({ instances }: ServicePicture): boolean {
  return [...instances.values()].some(
    ({ view }) => view.port !== null && view.port.fallbackFrom !== null,
  );
}

/** It found another port and nobody complains of the first: what ails it now is something else. */
function livesElsewhere(situation: Situation): boolean {
  const { service, symptoms, complaints } = situation;
  const shown = symptoms.some(({ kind }) => kind === 'port-moved' || kind === 'listener-foreign');
  if (!hasMoved(service) || shown || movedNow(situation) !== undefined) return false;
  return !complaints.some(({ kind, isNew }) => kind === 'port-taken' && isNew);
}

const foreign = rule('port_conflict_foreign', (situation) => {
  const held = heldPort(situation);
  if (livesElsewhere(situation)) return null;
  if (held === null || held.owner?.kind === 'orphan') return null;
  if (
    held.owner?.instance !== undefined &&
    held.owner.instance !== null &&
    isOwn(situation.service.name, held.owner.instance)
  )
    return null;
  const { owner, port } = held;
  const trouble = troubleClues(situation, held);
  if (trouble.every((one) => one === null)) return null;
  return {
    target: situation.service.name,
    sentence: `port ${port} of ${situation.service.name} is held by ${owner === null ? 'another process' : ownerWords(owner)}`,
    params: paramsOf(held),
    for: [
      ...trouble,
      when(owner !== null && owner.kind !== 'unknown', () =>
        clue(0.7, 'port', `port ${port}: ${owner === null ? '' : ownerWords(owner)}`),
      ),
      whyClue(situation, 'port_conflict_foreign'),
    ],
    against: [when(owner === null, () => clue(0.3, 'port', 'who holds it cannot be seen'))],
  };
});

const orphan = rule('port_conflict_orphan', (situation) => {
  const held = heldPort(situation);
  if (held?.owner?.kind !== 'orphan') return null;
  const { owner, port } = held;
  const taken = complaint(situation, 'port-taken') !== null;
  const refused = [...situation.service.instances.values()].some(
    ({ view }) => view.portTrouble !== null,
  );
  return {
    target: situation.service.name,
    sentence: `port ${port} of ${situation.service.name} is held by what an earlier run left behind (pid ${owner.pid ?? '?'})`,
    params: paramsOf(held),
    for: [
      ...troubleClues(situation, held),
      clue(0.6, 'port', `port ${port}: ${ownerWords(owner)}`),
      whyClue(situation, 'port_conflict_orphan'),
    ],
    against: [
      when(!taken && !refused, () =>
        clue(0.5, 'log', 'nothing says that it wanted the port in vain'),
      ),
    ],
  };
});

export const portRules: readonly DecisionRule[] = [foreign, orphan];
