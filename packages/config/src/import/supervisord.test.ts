import { expect, test } from 'vitest';
import { readingOf } from '../testing/foreign.ts';
import { readSupervisord } from './supervisord.ts';

const read = (text: string) => readingOf(readSupervisord, { 'supervisord.conf': text });

test('a program becomes a service; the rest is kept and named', () => {
  const { keys, kept, draft, noted } = read(`; the shop

[supervisord]
nodaemon=true ; in front
; pages
[program:web]
command=node web.js --name "a b"
directory=%(here)s
environment=PORT="3000",GREETING="hello, you",
  TOKEN=%(ENV_TOKEN)s
autorestart=true
stopsignal=INT
stopwaitsecs=5
startretries=4
stdout_logfile=/dev/null
`);
  expect(keys('web')).toEqual({
    command: ['node', 'web.js', '--name', 'a b'],
    working_dir: '/stack',
    port: 3000,
    environment: { GREETING: 'hello, you', TOKEN: '\uE000TOKEN\uE001' },
    restart: 'always',
    deploy: { restart_policy: { max_attempts: 4 } },
    stop_signal: 'SIGINT',
    stop_grace_period: '5s',
  });
  expect(kept('web')).toEqual({ stdout_logfile: '/dev/null' });
  expect(draft.kept).toEqual({ supervisord: { nodaemon: 'true' } });
  expect(noted('kept')).toEqual(['supervisord', 'web stdout_logfile']);
  expect(draft.comments).toEqual(['the shop']);
  expect(draft.services[0]?.comments).toEqual(['pages']);
});

test('numprocs: replicas, or a service each where the number is used', () => {
  const { draft, keys } = read(`[program:a]
command=x
process_name=%(program_name)s_%(process_num)02d
numprocs=3
[program:b]
command=y --port=800%(process_num)d
numprocs=2
`);
  expect(draft.services.map(({ name }) => name)).toEqual(['a', 'b-0', 'b-1']);
  expect(keys('a')['deploy']).toEqual({ replicas: 3 });
  expect(keys('b-1')['command']).toBe('y --port=8001');
});

test('no shell there, none here; not started there, a profile here', () => {
  const { keys } = read('[program:a]\ncommand=x *.log $HOME\nautostart=false\nautorestart=false\n');
  expect(keys('a')).toEqual({
    command: ['x', '*.log', '$HOME'],
    profiles: ['manual'],
    restart: 'no',
  });
});

test('a line outside of any section is told', () => {
  expect(read('command=x\n').problems).toMatchObject([
    { code: 'E-IMPORT-SYNTAX', place: { line: 1 } },
  ]);
});
