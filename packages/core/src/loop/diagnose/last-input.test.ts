/** The job on which run after run ends, in the formats of several loggers. */
import { expect, test } from 'vitest';
import type { EndSeen } from '../collect/picture.ts';
import { lastInput } from './last-input.ts';
import { of } from './situation.kit.ts';
import { nowMs, stackOf } from './situation-stack.kit.ts';

type Format = (text: string, pid: number) => string;
const formats: Readonly<Record<string, Format>> = {
  plain: (text) => `2026-01-02 10:11:12 INFO ${text}`,
  pino: (text, pid) => `{"level": 30, "time": ${nowMs + pid}, "pid": ${pid}, "msg": "${text}"}`,
  python: (text) => `2026-01-02 10:11:12,345 - plum - INFO - ${text}`,
  logfmt: (text) => `ts=2026-01-02T10:11:12.345Z level=info msg="${text}"`,
  go: (text) => `2026/01/02 10:11:12 ${text}`,
  spring: (text, pid) => `2026-01-02 10:11:12.345  INFO ${pid} --- [main] a.b.Plum : ${text}`,
};
const wordings = ['processing job %', 'picked up %', 'starting %', 'job=% begin', 'reel % spins'];

/** Eight items went through, then three runs ended at the same one. */
function found(format: Format, wording: string, last: (run: number) => string) {
  const service = of(stackOf({ clerk: { kind: 'worker' } }), 'clerk');
  let atMs = nowMs - 300_000;
  const say = (line: string): void =>
    void service.tail.push({ atMs: (atMs += 400), instance: 'clerk.1', line });
  for (let count = 0; count < 8; count += 1)
    say(format(wording.replace('%', `170-${count}.json`), 100));
  const ends: EndSeen[] = [];
  for (let run = 0; run < 3; run += 1) {
    say(format('worker up', 200 + run));
    say(format(wording.replace('%', last(run)), 200 + run));
    say("TypeError: Cannot read properties of undefined (reading 'reduce')");
    say('    at work (file:///x/clerk.mjs:13:20)');
    say('Node.js v24.21.0');
    const end = { instance: 'clerk.1', token: `t${run}`, code: 1, posixSignal: null };
    ends.push({ ...end, atMs: (atMs += 100), endedBy: null, ranMs: 500 });
  }
  return lastInput(service, ends);
}

const rows = Object.keys(formats).flatMap((name) => wordings.map((wording) => [name, wording]));

test.each(rows)('%s: %s', (name = '', wording = '') => {
  const same = found(formats[name]!, wording, () => '169-333.json');
  expect(same).toMatchObject({ item: '169-333.json', ends: 3 });
});

test('different jobs at the ends are no common cause', () => {
  expect(found(formats['plain']!, 'picked up %', (run) => `169-${run}.json`)).toBe(null);
});

test.each([
  ['  File "/x/tuning.py", line 80, in <lambda>', `    lambda: json.loads('{"items": [1, 2'),`],
  ['<anonymous_script>:1', '{"items": [1, 2'],
])('the source that an error quotes is no job: %s', (where, source) => {
  const service = of(stackOf({ clerk: { port: 7_000 } }), 'clerk');
  const ends: EndSeen[] = [];
  for (let run = 0; run < 4; run += 1) {
    const atMs = nowMs - 60_000 + run * 5_000;
    for (const line of [where, source, 'SyntaxError: Unexpected end of JSON input'])
      service.tail.push({ atMs, instance: 'clerk.1', line });
    const end = { instance: 'clerk.1', token: `t${run}`, code: 1, posixSignal: null };
    ends.push({ ...end, atMs: atMs + 20, endedBy: null, ranMs: 90 });
  }
  expect(lastInput(service, ends)).toBe(null);
});
