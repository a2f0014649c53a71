/** `fettle runbooks`: the table, one runbook as a plan of action, its ways, a dry run. */
import type {
  DryRunDocument,
  RunbookDetail,
  RunbooksDocument,
  RunbookStep,
} from '@fettle/sdk/api/runbooks';
import { formatDuration } from '@fettle/sdk/duration';
import type { Way } from '@fettle/core/loop/plan/runbook-ways';
import { fitCharset } from '../terminal/ascii.ts';
import type { Look } from '../terminal/look.ts';
import { paint } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';
import { wrapWords } from '../terminal/width.ts';

export function renderRunbooks({ runbooks }: RunbooksDocument, look: Look): string {
  return renderTable(
    [
      { title: 'RUNBOOK', minColumns: 20 },
      { title: 'FOR', minColumns: 24 },
      { title: 'FIRST ACTS', minColumns: 16, drop: 2 },
      { title: 'RISK', drop: 3 },
      { title: 'FROM', minColumns: 8, drop: 1 },
    ],
    runbooks.map(({ name, diagnoses, actions, risk, origin }) => [
      name,
      diagnoses.join(' '),
      actions.filter((action) => action !== 'escalate').join(' '),
      risk,
      origin === 'shipped' ? 'shipped' : origin.split('/').slice(-2).join('/'),
    ]),
    look,
  );
}

export function renderRunbook(runbook: RunbookDetail, look: Look): string {
  const { name, version, description, branches, steps, verify, limits } = runbook;
  const title = (text: string): string => paint(look, 'bold', text);
  const lines = [
    `${title(name)} ${paint(look, 'dim', `version ${version}, ${runbook.origin}, ${runbook.risk} risk`)}`,
    ...wrapWords(description, look.columns),
    '',
    title('When'),
    ...runbook.triggers.map((trigger) =>
      trigger.when === null
        ? `  ${trigger.diagnoses.join(', ')} (at least ${percent(trigger.minConfidence)} certain)`
        : `  ${trigger.when} for ${formatDuration(trigger.forMs ?? 0)}`,
    ),
    ...runbook.neverWhen.map((text) => `  not while ${text}`),
    '',
    title('Which way'),
    ...branches.map(({ when, goto }) => `  ${goto} ${when === null ? 'else' : `if ${when}`}`),
    '',
    title('Steps'),
    ...steps.flatMap((step) => stepLines(step, look)),
    '',
    title('Proof'),
    ...(verify.require.length === 0
      ? ['  none: it only calls a person']
      : [
          `  for ${formatDuration(verify.windowMs)}, from ${formatDuration(verify.settleMs)} after the last step`,
          ...verify.require.map((text) => `  must hold  ${text}`),
          ...verify.forbid.map((text) => `  never      ${text}`),
        ]),
    '',
    title('Bounds'),
    `  one at a time for ${runbook.dedupe}${boundsText(limits)}`,
    ...(runbook.approvalWhen === null ? [] : [`  a person decides when ${runbook.approvalWhen}`]),
    ...(runbook.evidence.length === 0 ? [] : [`  keeps ${runbook.evidence.join(', ')} first`]),
  ];
  return text(lines, look);
}

function stepLines(step: RunbookStep, look: Look): readonly string[] {
  const given = Object.entries(step.with).map(([name, value]) => `${name}: ${String(value)}`);
  const notes = [
    ...step.guard.map((guard) => `only if ${guard}`),
    ...(step.attempts > 1 ? [`tried ${step.attempts} times`] : []),
    ...(step.approvalRequired ? ['a person must say yes'] : []),
    ...(step.irreversible === null ? [] : [`cannot be undone: ${step.irreversible}`]),
    ...(step.note === null ? [] : [step.note]),
  ];
  const failed = step.onFail === null ? '' : `, if it fails ${step.onFail}`;
  return [
    `  ${paint(look, 'bold', step.id)}  ${step.action} {${given.join(', ')}} -> ${step.next}${failed}`,
    ...notes.map((note) => paint(look, 'dim', `      ${note}`)),
  ];
}

function boundsText({ cooldownMs, maxRuns, deadlineMs }: RunbookDetail['limits']): string {
  const parts = [
    cooldownMs === null ? null : `${formatDuration(cooldownMs)} between two`,
    maxRuns === null ? null : `at most ${maxRuns.count} in ${formatDuration(maxRuns.perMs)}`,
    deadlineMs === null ? null : `done within ${formatDuration(deadlineMs)}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : `; ${parts.join('; ')}`;
}

type WaysDocument = Readonly<{ name: string; ways: readonly Way[]; drills: readonly string[] }>;

const ends: Readonly<Record<Way['end'], string>> = {
  verified: 'the proof',
  person: 'a person is called',
  'gives-up': 'undone, then a person is called',
  ends: 'ends without a proof',
};

export function renderWays({ name, ways, drills }: WaysDocument, look: Look): string {
  const lines: string[] = [];
  let branch: string | null | undefined;
  for (const way of ways) {
    if (way.when !== branch)
      lines.push(paint(look, 'bold', way.when === null ? 'else' : `if ${way.when}`));
    branch = way.when;
    const walked = way.steps.map(({ step, done }) => `${step}${done ? '' : ' fails'}`).join(', ');
    const back =
      way.undone.length === 0 ? '' : `; undoes ${way.undone.join(', ')} if it does not hold`;
    lines.push(`  ${walked} -> ${ends[way.end]}${way.end === 'verified' ? back : ''}`);
  }
  lines.push('', `${ways.length} ways through ${name}, and each ends`);
  if (drills.length > 0) lines.push(`drills: ${drills.join(', ')}`);
  return text(lines, look);
}

export function renderDryRun(document: DryRunDocument, look: Look): string {
  const { runbook, target, diagnosis, never, branches, steps, verify } = document;
  const taken = branches.findIndex(({ holds }) => holds);
  const lines = [
    `${paint(look, 'bold', runbook)} on ${target}, as if ${diagnosis}: nothing is changed`,
    ...(never === null ? [] : [paint(look, 'warn', `it would not start: ${never}`)]),
    '',
    ...branches.map(({ when, goto }, index) => {
      const mark = index === taken ? '->' : '  ';
      const line = `${mark} ${goto} ${when === null ? 'else' : `if ${when}`}`;
      return index === taken ? line : paint(look, 'dim', line);
    }),
    '',
    ...steps.flatMap(({ step, action, text: said, command, lacks, guards, risk, irreversible }) => [
      `${paint(look, 'bold', step)}  ${action} (${risk} risk): ${said}`,
      ...guards.map((guard) => `    ${guard.holds ? 'holds' : 'DOES NOT HOLD'}  ${guard.text}`),
      ...(lacks === null ? [] : [paint(look, 'warn', `    cannot be done here: ${lacks}`)]),
      ...(command === null || command === '' ? [] : [`    by hand  ${command}`]),
      ...(irreversible === null
        ? []
        : [paint(look, 'dim', `    cannot be undone: ${irreversible}`)]),
    ]),
    '',
    ...verify.map((condition) => `then must hold  ${condition}`),
  ];
  return text(lines, look);
}

function percent(share: number | null): string {
  return `${Math.round((share ?? 0) * 100)} %`;
}

function text(lines: readonly string[], look: Look): string {
  return lines.map((line) => `${fitCharset(line, look.unicode)}\n`).join('');
}
