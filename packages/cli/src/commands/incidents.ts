/** `fettle incidents`: failures from first symptom to lesson, and what people say of them. */
import type { Command } from 'commander';
import type { CommandInput, CommandModule } from '../command.ts';
import { emit, sayNext } from '../emit.ts';
import { momentFlag } from '../flag-values.ts';
import { tellLoop } from '../healing-word.ts';
import { reach } from '../reach.ts';
import { renderDeliveries } from '../render/deliveries-text.ts';
import { renderIncident, renderIncidents } from '../render/incidents-text.ts';
import { commandLine, usageError, type Session } from '../session.ts';

const verbs = [
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
];

export const command: CommandModule = {
  define(program: Command) {
    program
      .argument('[verb]', `${verbs.join(', ')}; list unless told`)
      .argument('[incident]', 'INC-17')
      .argument('[text...]', 'of note and todo; the step of done')
      .option('--open', 'list: only open ones')
      .option('--since <time>', 'list: from 7d ago, 12:04 or RFC 3339 on')
      .option('--out <file>', 'export, scenario: where to write; export prints unless told')
      .option('--owner <name>', 'todo: who shall do it')
      .option('--deadline <time>', 'todo: 2h, or RFC 3339');
  },
  run(session, input) {
    const [verb = 'list', id, ...words] = input.args;
    // `fettle incidents INC-3` means show.
    if (/^inc-\d+$/i.test(verb)) return show(session, verb.toUpperCase());
    if (!verbs.includes(verb))
      throw usageError(`incidents ${verb} is not a command`, `one of: ${verbs.join(', ')}`);
    if (verb === 'list') return list(session, input);
    if (verb === 'messages') return messages(session, id?.toUpperCase());
    if (id === undefined)
      throw usageError(`incidents ${verb} needs an incident`, `fettle incidents ${verb} INC-1`);
    const number = id.toUpperCase();
    if (verb === 'export' || verb === 'scenario') return capsule(session, verb, number, input);
    return verb === 'show'
      ? show(session, number)
      : say(session, { verb, id: number, text: words.join(' ') }, input);
  },
};

async function list(session: Session, { options }: CommandInput): Promise<number> {
  const since = momentFlag(options['since'], '--since', session.nowMs());
  const open = options['open'] === true;
  const document = await reach(session, () =>
    session.client.healing.incidents({
      ...(since === undefined ? {} : { since }),
      ...(open ? { open } : {}),
    }),
  );
  await emit(session, document, (look) => renderIncidents(document, look));
  const [newest] = document.incidents;
  if (newest !== undefined) sayNext(session, [commandLine(session, `incidents show ${newest.id}`)]);
  return 0;
}

/** Whom we told what, and what came of it. */
async function messages(session: Session, incident: string | undefined): Promise<number> {
  const document = await reach(session, () =>
    session.client.healing.deliveries(incident === undefined ? {} : { incident }),
  );
  await emit(session, document, (look) => renderDeliveries(document, look));
  return 0;
}

async function show(session: Session, id: string): Promise<number> {
  const document = await reach(session, () => session.client.healing.incident(id));
  await emit(session, document, (look) => renderIncident(document, look));
  const { incident } = document;
  const waiting = incident.runs.find(({ phase }) => phase === 'awaiting');
  sayNext(session, [
    ...(waiting === undefined ? [] : [commandLine(session, `approve ${waiting.id}`)]),
    commandLine(session, `logs ${incident.root.startsWith('@') ? '' : incident.root} --since 10m`),
    commandLine(session, `incidents wrong ${id}`),
  ]);
  return 0;
}

type Said = Readonly<{ verb: string; id: string; text: string }>;

function say(session: Session, { verb, id, text }: Said, input: CommandInput): Promise<number> {
  const { healing } = session.client;
  const tell = (path: string, body: object, said: string): Promise<number> =>
    tellLoop(session, () => healing.tellIncident(id, path, body), said);
  switch (verb) {
    case 'ack':
      return tell('acknowledge', {}, `${id} is acknowledged`);
    case 'resolve':
      return tell('resolve', {}, `${id} is closed`);
    case 'right':
    case 'wrong':
      return tell('verdict', { verdict: verb }, `noted: the cause named in ${id} is ${verb}`);
    case 'write-up':
      return writeUp(session, id);
    default:
      break;
  }
  if (text === '')
    throw usageError(
      `incidents ${verb} ${id} needs words`,
      verb === 'done' ? `the step: ${id}-1` : `fettle incidents ${verb} ${id} "what to say"`,
    );
  if (verb === 'note') return tell('notes', { text }, `noted in ${id}`);
  if (verb === 'done') return tell(`manual-steps/${text}/done`, {}, `${text} is done`);
  const { owner = null, deadline = null } = input.options;
  return tell('manual-steps', { text, owner, deadline }, `${id} has a step for people: ${text}`);
}

async function capsule(
  session: Session,
  verb: 'export' | 'scenario',
  id: string,
  { options }: CommandInput,
): Promise<number> {
  const out = typeof options['out'] === 'string' ? options['out'] : null;
  if (verb === 'export')
    return (await import('../replay/export-capsule.ts')).exportCapsule(session, id, out);
  return (await import('../replay/keep-scenario.ts')).keepScenario(session, id, out);
}

async function writeUp(session: Session, id: string): Promise<number> {
  const text = await reach(session, () => session.client.healing.writeUp(id));
  await emit(session, { schema: 'fettle.write-up/v1', id, text }, () => text);
  return 0;
}
