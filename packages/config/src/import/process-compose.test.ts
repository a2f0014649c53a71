import { expect, test } from 'vitest';
import { readingOf } from '../testing/foreign.ts';
import { readProcessCompose } from './process-compose.ts';

const read = (text: string) => readingOf(readProcessCompose, { 'process-compose.yaml': text });

test('a process becomes a service, with its probe, conditions and comments', () => {
  const { keys, draft } = read(`# top
environment: [LOG=debug]
processes:
  # the api
  api:
    command: node api.js --port \${PORT}
    depends_on: { db: { condition: process_healthy } }
    readiness_probe: { http_get: { port: 80, path: ready }, period_seconds: 3 }
    availability: { restart: on_failure, max_restarts: 4, backoff_seconds: 2 }
    shutdown: { signal: 2, timeout_seconds: 7 }
  db: { command: db } # inside
`);
  expect(keys('api')).toEqual({
    command: 'node api.js --port ${PORT}',
    environment: { LOG: 'debug' },
    depends_on: { db: { condition: 'service_healthy' } },
    health: {
      http: 'http://127.0.0.1:80/ready',
      role: 'readiness',
      interval: '3s',
      name: 'readiness',
    },
    restart: 'on-failure',
    deploy: { restart_policy: { delay: '2s', max_attempts: 4 } },
    stop_signal: '2',
    stop_grace_period: '7s',
  });
  expect(draft).toMatchObject({ comments: ['top'], dollars: 'variables' });
  expect(draft.services.map(({ comments }) => comments)).toEqual([['the api'], ['inside']]);
});

test('what has no word here is kept and named, at its place', () => {
  const { kept, draft, noted } = read(`log_level: info
processes:
  a:
    command: x
    is_tty: true
    availability: { restart: always, exit_on_end: true }
`);
  expect(kept('a')).toEqual({ 'availability.exit_on_end': true, is_tty: true });
  expect(noted('kept')).toEqual(['a availability.exit_on_end', 'a is_tty', 'log_level']);
  expect(draft.notes.find(({ directive }) => directive === 'is_tty')?.spot?.offset).toBe(51);
});

test('several lines and words of bash go to bash', () => {
  const { keys } = read('processes:\n  a: { command: "x\\ny" }\n  b: { command: "x && y" }\n');
  expect(keys('a')['command']).toEqual(['bash', '-c', 'x\ny']);
  expect(keys('b')['command']).toEqual(['bash', '-c', 'x && y']);
});

test('a file that is no YAML is told with its place', () => {
  expect(read('processes: [').problems).toMatchObject([{ code: 'E-IMPORT-SYNTAX' }]);
});
