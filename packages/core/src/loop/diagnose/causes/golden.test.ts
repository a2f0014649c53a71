import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { explain } from '../explain.ts';
import { sentenceLimit } from '../words.ts';
import { endedInput, type GoldenHeader } from './golden.contract.ts';

const folder = fileURLToPath(new URL('golden/', import.meta.url));
const files = readdirSync(folder).toSorted();

test('there are golden cases of real output', () => expect(files.length).toBeGreaterThan(60));

test.each(files)('%s gets the sentence that a person approved', (file) => {
  const [head = '', ...lines] = readFileSync(join(folder, file), 'utf8').split('\n');
  const header = JSON.parse(head) as GoldenHeader;
  const why = explain(endedInput(header, lines));
  expect({ cause: why?.cause, sentence: why?.sentence }).toEqual({
    cause: header.cause,
    sentence: header.sentence,
  });
  expect(why?.sentence.length).toBeLessThanOrEqual(sentenceLimit);
  expect(why?.confidence).toBeGreaterThan(0);
  expect(why?.evidence.length).toBeGreaterThan(0);
});
