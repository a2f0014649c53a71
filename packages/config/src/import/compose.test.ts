import { expect, test } from 'vitest';
import { rewriteCompose } from './compose.ts';

const rewrite = (text: string) =>
  rewriteCompose({ path: '/stack/compose.yaml', name: 'compose.yaml', baseDir: '/stack', text });

test('a file in our words stays as it is, to the byte', () => {
  const text = '# shop\nx-a: &a {restart: always}\nservices:\n  web: {<<: *a, command: x} # web\n';
  expect(rewrite(text)).toEqual({ text, notes: [] });
});

test('unknown keys move to x-compose where they stand, comments and all', () => {
  const { text, notes } = rewrite(`services:
  web:
    command: x # here
    frobnicate: 3 # who knows
    deploy: {turbo: yes, replicas: 2}
`);
  expect(text).toBe(`services:
  web:
    command: x # here
    deploy: { replicas: 2, x-compose: { turbo: yes } }
    x-compose:
      frobnicate: 3 # who knows
`);
  expect(notes.map(({ service, directive }) => `${service} ${directive}`)).toEqual([
    'web frobnicate',
    'web deploy.turbo',
  ]);
});

test('words for containers stay and are named', () => {
  const { notes } = rewrite('services:\n  web: {command: x, networks: [a]}\n');
  expect(notes).toMatchObject([{ kind: 'kept', service: 'web', directive: 'networks' }]);
});
