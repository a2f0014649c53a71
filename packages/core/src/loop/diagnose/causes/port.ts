/** Causes around the port: taken by another, moved away from, or not the one it listens on. */
import { logRule, type Evidence, type Rule } from '../rule.ts';
import type { PortOwner } from '../../../stack/port.ts';
import type { Facts } from '../facts.ts';
import { ownerWords } from '../words.ts';

const taken: readonly RegExp[] = [
  /EADDRINUSE.*?address already in use \S*?:(\d+)\s*$/,
  /EADDRINUSE.*?:(\d+)/,
  /listen tcp \S*?:(\d+): bind: address already in use/,
  /\[Errno 98\] error while attempting to bind on address \('[^']*', (\d+)/,
  /Connection in use: \('[^']*', (\d+)\)/,
  /Port (\d+) (?:is (?:already )?in use|was already in use|is already allocated)/i,
  /port:? (\d+)\b.*(?:already in use|in use by another)/i,
  /[Aa]ddress already in use.*?:(\d+)\b/,
  /bind\S* .*?:(\d+)\b.*(?:in use|Address already)/i,
];
const takenSomewhere: readonly RegExp[] = [
  /EADDRINUSE/,
  /\[Errno 98\]/,
  /address already in use/i,
  /AddrInUse/,
];

const portTaken = logRule({
  id: 'port-taken',
  confidence: 0.97,
  patterns: [...taken, ...takenSomewhere],
  say: ({ groups }, facts) => {
    const port = groups[1] === undefined ? guessPort(facts) : Number(groups[1]);
    if (port === null) return 'the port it wants is taken; the log does not say which port';
    const owner = facts.input.portOwners.find((entry) => entry.port === port)?.owner;
    const given = facts.input.view.port?.port ?? null;
    const ignores = given !== null && given !== port ? `; PORT said ${given}` : '';
    if (owner === undefined)
      return `port ${port} was taken when it started (free by now)${ignores}`;
    if (owner.instance === facts.input.view.instance) return heldByItself(port, facts, owner);
    return `port ${port} is taken by ${ownerWords(owner)}${ignores}`;
  },
  evidence: ({ groups }, facts) =>
    ownerEvidence(facts, groups[1] === undefined ? guessPort(facts) : Number(groups[1])),
  next: () => ['fettle ports'],
});

/** It was another then, or it is itself twice: its own process is no foreign owner. */
function heldByItself(port: number, { phase }: Facts, owner: PortOwner): string {
  if (phase === 'ended')
    return `port ${port} was taken when it started; its own next run holds it now (pid ${owner.pid})`;
  const words = ownerWords({ ...owner, instance: null }).replace(/, ours\)$/, ')');
  return `port ${port} is held by its own ${words}: it listens there twice`;
}

/**
 * `[Errno 98]` of Python names no port. Whoever ignores PORT has it in the command, or wants the
 * one that we could not give.
 */
function guessPort({ input }: Facts): number | null {
  const { port, portTrouble, instance } = input.view;
  const spelled = input.command.flatMap((word) => word.match(/(?<![\d.])\d{2,5}(?![\d.])/g) ?? []);
  const wanted = [
    ...spelled.map(Number),
    ...[port?.fallbackFrom?.port, portTrouble?.port, port?.port].filter((one) => one !== undefined),
    ...input.portOwners.map((entry) => entry.port),
  ];
  const held = wanted.find((one) =>
    input.portOwners.some(({ port: at, owner }) => at === one && owner.instance !== instance),
  );
  return held ?? port?.port ?? null;
}

function ownerEvidence(facts: Facts, port: number | null): readonly Evidence[] {
  const owner = facts.input.portOwners.find((entry) => entry.port === port)?.owner;
  if (owner === undefined) return [];
  return [{ kind: 'port', text: `${port} is held by ${ownerWords(owner)}`, atMs: null }];
}

const portRefused: Rule = {
  id: 'port-refused',
  phases: ['ended', 'waiting'],
  explain({ input, lines }) {
    const trouble = input.view.portTrouble;
    if (trouble === null || input.view.port !== null || lines.length > 0) return null;
    return {
      sentence: `port ${trouble.port} is taken by ${ownerWords(trouble.owner)}, and no other is allowed`,
      confidence: 0.97,
      evidence: [
        { kind: 'port', text: `${trouble.port}: ${ownerWords(trouble.owner)}`, atMs: null },
      ],
      next: ['fettle ports'],
    };
  },
};

const portMoved: Rule = {
  id: 'port-moved',
  phases: ['fine'],
  explain({ input }) {
    const from = input.view.port?.fallbackFrom ?? null;
    if (from === null) return null;
    const now = input.view.port?.port;
    return {
      sentence: `${from.port} is taken by ${ownerWords(from.owner)}; ${input.service} listens on ${now}`,
      confidence: 0.9,
      evidence: [{ kind: 'port', text: `${from.port}: ${ownerWords(from.owner)}`, atMs: null }],
      next: ['fettle ports'],
    };
  },
};

export const portCauses: readonly Rule[] = [portTaken, portRefused, portMoved];
