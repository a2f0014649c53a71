/** The classifier beside the rules: alone where none is sure, else a helping word. */
import { expect, test } from 'vitest';
import { learn, openClassifier, type Classifier } from '../../knowledge/classifier.ts';
import { allDecisionRules } from './decision-rules/all.ts';
import { diagnoseBy } from './diagnose.ts';
import { groupSymptoms } from './root-cause.ts';
import { signsOf } from './signs.ts';
import { checkDown, gone, says, shows } from './situation.kit.ts';
import { nowMs, stackOf, type Story } from './situation-stack.kit.ts';

/** Six incidents of this kind that a person or a cure confirmed. */
function taught(tell: () => Story, label: string): Classifier {
  const classifier = openClassifier();
  for (let time = 0; time < 6; time += 1) {
    learn(classifier, signsOf(askedOf(tell())), label);
    learn(classifier, signsOf(askedOf(crashed())), 'crash');
  }
  return classifier;
}

function askedOf({ picture, symptoms, exams }: Story) {
  const group = groupSymptoms(picture, symptoms, nowMs)[0]!;
  return { group, picture, exams, nowMs };
}

/** A check that says nothing of use: no rule is sure of anything. */
function vague(name = 'press'): Story {
  const story = stackOf({ [name]: { port: 4_000 } });
  checkDown(story, name, 'HTTP 500');
  shows(story, name, 'template-surge', { severity: 'warn' });
  says(story, name, 'slow response, retry 4', { times: 9 });
  return story;
}

function crashed(): Story {
  const story = stackOf({ other: { port: 4_100 } });
  gone(story, 'other');
  return story;
}

test('where no rule is sure, what was confirmed before speaks, on any stack', () => {
  const before = diagnoseBy(allDecisionRules, askedOf(vague()));
  expect(before.class).toBe('unknown');
  const learnt = taught(vague, 'db_slow');
  const found = diagnoseBy(allDecisionRules, { ...askedOf(vague('elsewhere')), learnt });
  expect(found).toMatchObject({ class: 'db_slow', target: 'elsewhere', ruleId: 'classifier' });
});

test('it strengthens a rule that says the same and never overrules one that is sure', () => {
  const alone = diagnoseBy(allDecisionRules, askedOf(crashed()));
  const agreed = taught(vague, 'db_slow');
  const helped = diagnoseBy(allDecisionRules, { ...askedOf(crashed()), learnt: agreed });
  expect(helped.class).toBe('crash');
  expect(helped.confidence).toBeGreaterThan(alone.confidence);
  const against = taught(crashed, 'hang');
  const firm = diagnoseBy(allDecisionRules, { ...askedOf(crashed()), learnt: against });
  expect(firm.class).toBe('crash');
});

test('a label that is no class of ours is not named', () => {
  const learnt = taught(vague, 'gremlins');
  expect(diagnoseBy(allDecisionRules, { ...askedOf(vague()), learnt }).class).toBe('unknown');
});
