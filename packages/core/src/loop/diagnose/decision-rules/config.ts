/** Causes in what a service was given: its settings, its environment, its modules. */
import {
  blamedFile,
  complaint,
  complaintClue,
  editClues,
  pathParam,
  whyClue,
  recentEnds,
} from '../asking.ts';
import { clue, when } from '../clue.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { lastInput } from '../last-input.ts';
import { rule } from '../make-rule.ts';
import { isDown, isGreen, isWaiting } from '../vitals.ts';
import { shortPath } from '../words.ts';

/** Fails: ended lately, is down, or a check is down. */
function fails(situation: Situation): boolean {
  const { service } = situation;
  if (isWaiting(service)) return false;
  const down = [...service.checks.values()].some(({ last }) => last.up === false);
  return down || isDown(service) || recentEnds(situation).length > 0;
}

const badConfig = rule('bad_config', (situation) => {
  const { service } = situation;
  if (!fails(situation)) return null;
  const last = recentEnds(situation).at(-1);
  const told = complaint(situation, 'config', ({ text }) => !/version|mismatch/i.test(text));
  const path = blamedFile(situation);
  const why = whyClue(situation, 'bad_config');
  const edits = editClues(situation, { change: 0.5, altered: 0.35 });
  const untouched = edits.every((one) => one === null);
  const input = untouched && last?.code !== 78 ? lastInput(service, recentEnds(situation)) : null;
  const points = told !== null || why !== null || last?.code === 78;
  if (!points && untouched) return null;
  const elsewhere = situation.complaints.find(
    ({ kind, isNew }) =>
      isNew &&
      /^(?:refused|dns|auth|disk-full|read-only|port-taken|module|environment|exec-missing|tls-expired|connect-timeout|timeout|reset)$/.test(
        kind,
      ),
  );
  return {
    target: service.name,
    sentence:
      path === null
        ? `the settings of ${service.name} are not valid`
        : `${service.name} cannot work with ${shortPath(path)} as it is now`,
    params: pathParam(path),
    for: [
      complaintClue(told, 0.55),
      why,
      when(last?.code === 78, () =>
        clue(0.4, 'exit', 'exit 78: its configuration is wrong', last?.atMs),
      ),
      ...edits,
    ],
    against: [
      when(!points && isGreen(service), () => clue(0.6, 'check', 'it runs, and its checks pass')),
      when(!points && last !== undefined && last.posixSignal !== null, () =>
        clue(0.4, 'exit', `${last?.posixSignal} ended it`, last?.atMs),
      ),
      when(elsewhere !== undefined && told === null, () =>
        clue(0.6, 'log', elsewhere?.text ?? '', elsewhere?.atMs),
      ),
      when(untouched, () => clue(0.2, 'change', 'no file of it was changed')),
      when(input !== null, () =>
        clue(0.5, 'log', `what it cannot read may be ${input?.item}, its last input each time`),
      ),
    ],
  };
});

const variableNames: readonly RegExp[] = [
  /(?:environment|env)[ _]?(?:variables?|vars?)?:?\s+['"`$]?([A-Z][A-Z0-9_]{1,})\b/i,
  /(?:KeyError: |key not found: |\bvariable |\bsetting |\brequires? )['"`$]*([A-Z][A-Z0-9_]{1,})\b/,
  /\b([A-Z][A-Z0-9_]{2,})['"`]? (?:must be|is (?:not set|required|missing|unset|undefined|empty))/,
  /\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b/,
];

function variableIn(text: string): string | null {
  for (const pattern of variableNames) {
    const name = pattern.exec(text)?.[1];
    const isName = name !== undefined && /^[A-Z][A-Z0-9_]+$/.test(name);
    if (isName && !/^(?:ERR|ERROR|FATAL|WARN|E[A-Z]+_)/.test(name)) return name;
  }
  return null;
}

const missingEnv = rule('missing_env', (situation) => {
  const { service } = situation;
  if (!fails(situation)) return null;
  const told = complaint(situation, 'environment');
  const why = whyClue(situation, 'missing_env');
  if (told === null && why === null) return null;
  const name = variableIn(`${told?.text ?? ''} ${service.why?.sentence ?? ''}`);
  const given = name === null ? undefined : service.definition.environment[name];
  const path = blamedFile(situation);
  return {
    target: service.name,
    sentence: `${service.name} needs ${name === null ? 'an environment variable' : name}, which is not set`,
    params: { ...pathParam(path), ...(name === null ? {} : { variable: name }) },
    for: [
      complaintClue(told, 0.7),
      why,
      when(name !== null && told?.isOver !== true && (given === undefined || given === ''), () =>
        clue(0.4, 'config', `${name} is not in its environment`),
      ),
      ...editClues(situation, { change: 0.25, altered: 0.2 }),
    ],
    against: [
      when(given !== undefined && given !== '', () => clue(0.5, 'config', `${name} is set`)),
    ],
  };
});

const moduleName =
  /(?:Cannot find (?:module|package)|No module named|cannot load such file --|cannot find package|ClassNotFoundException:|NoClassDefFoundError:|shared libraries:|Could not find)\s+['"`]?([^'"`\s:;,]+)/;

const missingModule = rule('missing_module', (situation) => {
  const { service } = situation;
  if (!fails(situation)) return null;
  const told = complaint(situation, 'module');
  const why = whyClue(situation, 'missing_module');
  if (told === null && why === null) return null;
  const name = moduleName.exec(told?.text ?? '')?.[1] ?? null;
  return {
    target: service.name,
    sentence: `${service.name} needs ${name === null ? 'a module' : `module ${name}`} that is not installed`,
    params: name === null ? {} : { module: name },
    for: [
      complaintClue(told, 0.75),
      why,
      when(isDown(service), () => clue(0.2, 'process', 'it does not start')),
    ],
  };
});

export const configRules: readonly DecisionRule[] = [badConfig, missingEnv, missingModule];
