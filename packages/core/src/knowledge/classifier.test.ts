import { expect, test } from 'vitest';
import { classify, learn, openClassifier, unlearn, type Classifier } from './classifier.ts';

const full = ['symptom:check-down', 'complaint:disk-full', 'kind:service'];
const gone = ['symptom:exit', 'complaint:refused', 'kind:service'];
const odd = ['symptom:flapping', 'complaint:clock', 'kind:worker'];

function taught(times: number): Classifier {
  const classifier = openClassifier();
  for (let time = 0; time < times; time += 1) {
    learn(classifier, full, 'disk_full');
    learn(classifier, gone, 'db_down');
  }
  return classifier;
}

test('what was confirmed several times is known again, with the words that tell', () => {
  const guess = classify(taught(6), full);
  expect(guess?.label).toBe('disk_full');
  expect(guess?.odds).toBeGreaterThan(0.7);
  expect(guess?.because.at(-1)).toBe('kind:service');
});

test('two examples are no knowledge', () => {
  expect(classify(taught(2), full)).toBe(null);
});

test('what was never seen is not named', () => {
  expect(classify(taught(20), odd)).toBe(null);
});

test('what fits two causes alike is not named', () => {
  expect(classify(taught(20), ['kind:service'])).toBe(null);
});

test('guesses that were often wrong lower the odds', () => {
  const classifier = openClassifier();
  const labels = ['a', 'b', 'c'];
  let state = 7;
  for (let time = 0; time < 300; time += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    learn(classifier, [`w:${time % 2}`, 'x:1', 'y:1', 'z:1'], labels[state % 3]!);
  }
  // Chance decides the labels: being sure would be wrong.
  expect(classify(classifier, ['w:0', 'x:1', 'y:1', 'z:1'])).toBe(null);
});

test('a person who says that it was not this is heard', () => {
  const classifier = taught(4);
  for (let time = 0; time < 4; time += 1) unlearn(classifier, full, 'disk_full');
  expect(classify(classifier, full)?.label).not.toBe('disk_full');
});

test('the state is plain JSON and goes on where it was', () => {
  const classifier = taught(6);
  const again = JSON.parse(JSON.stringify(classifier)) as Classifier;
  expect(classify(again, gone)).toEqual(classify(classifier, gone));
});

test('words and labels are bounded', () => {
  const classifier = openClassifier();
  for (let time = 0; time < 500; time += 1) learn(classifier, [`word:${time}`], `l${time % 100}`);
  for (let time = 0; time < 500; time += 1) learn(classifier, [`word:${time}`], 'l1');
  expect(Object.keys(classifier.labels)).toHaveLength(80);
  expect(Object.keys(classifier.labels['l1']!.counts).length).toBeLessThanOrEqual(200);
});
