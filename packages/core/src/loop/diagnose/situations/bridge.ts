/** Situations of a bridge: it runs, and nothing crosses. */
import {
  changed,
  checkDown,
  connects,
  gone,
  halted,
  loops,
  of,
  says,
  shows,
} from '../situation.kit.ts';
import { endpoint, examined, file, process } from '../situation-exam.kit.ts';
import { nowMs, stackOf, type ServiceSketch } from '../situation-stack.kit.ts';
import { story, type SituationCase } from './situation-case.ts';

const both: Readonly<Record<string, ServiceSketch>> = {
  terminal: { port: 9_001 },
  crossing: { kind: 'bridge', port: 9_002, needs: ['terminal'] },
};

export const bridgeSituations: readonly SituationCase[] = [
  {
    title: 'its peer is gone',
    tell: () =>
      story(
        stackOf(both),
        (s) => gone(s, 'terminal', { signal: 'SIGTERM', code: 143 }),
        (s) => checkDown(s, 'crossing', 'HTTP 503'),
        (s) => says(s, 'crossing', 'peer 127.0.0.1:9001: connection refused', { times: 4 }),
        (s) =>
          examined(s, 'crossing', {
            endpoints: [
              endpoint('terminal', 9_001, { tcp: 'refused', listening: false, answers: null }),
            ],
          }),
      ),
    is: 'bridge_peer_down',
    at: 'terminal',
    not: ['crash', 'dependency_down', 'bridge_half_open'],
  },
  {
    title: 'connected, and no pong comes back',
    tell: () =>
      story(
        stackOf(both),
        (s) => checkDown(s, 'crossing', 'HTTP 503'),
        (s) => connects(s, 'crossing', 'terminal'),
        (s) => says(s, 'crossing', 'no pong from peer for 14s (interval 3s)', { times: 5 }),
        (s) =>
          examined(s, 'crossing', { endpoints: [endpoint('terminal', 9_001, { answers: false })] }),
        (s) => examined(s, 'terminal'),
      ),
    is: 'bridge_half_open',
    at: 'terminal',
    not: ['bridge_peer_down', 'hang', 'bridge_config_mismatch'],
  },
  {
    title: 'the peer is silent, by the word of its own check; our look was late',
    tell: () =>
      story(
        stackOf(both),
        (s) => checkDown(s, 'crossing', 'HTTP 503: {"peer":"dialling","trouble":"silent for 4s"}'),
        (s) =>
          examined(s, 'crossing', {
            endpoints: [endpoint('terminal', 9_001, { connectMs: 109, answers: null })],
          }),
        (s) => examined(s, 'terminal'),
      ),
    is: 'bridge_half_open',
    at: 'terminal',
    not: ['link_latency', 'bridge_config_mismatch'],
  },
  {
    title: 'the same, and a while ago it complained of a version and got well',
    tell: () =>
      story(
        stackOf(both),
        (s) => says(s, 'crossing', 'peer has config version 9, we have 4', { agoMs: 70_000 }),
        (s) => void (of(s, 'crossing').healthyMs = nowMs - 14_000),
        (s) => checkDown(s, 'crossing', 'HTTP 503: nothing heard from the peer'),
        (s) =>
          examined(s, 'crossing', { endpoints: [endpoint('terminal', 9_001, { answers: null })] }),
        (s) => examined(s, 'terminal'),
      ),
    is: 'bridge_half_open',
    at: 'terminal',
    not: ['bridge_config_mismatch'],
  },
  {
    title: 'the peer is in state T: then that is it',
    tell: () =>
      story(
        stackOf(both),
        (s) => halted(s, 'terminal'),
        (s) => shows(s, 'terminal', 'stopped'),
        (s) => checkDown(s, 'crossing', 'HTTP 503'),
        (s) => says(s, 'crossing', 'heartbeat of peer is late: 20s', { times: 5 }),
        (s) =>
          examined(s, 'crossing', { endpoints: [endpoint('terminal', 9_001, { answers: false })] }),
        (s) => examined(s, 'terminal', { processes: [process('terminal', { state: 'T' })] }),
      ),
    is: 'stopped',
    at: 'terminal',
    not: ['bridge_half_open'],
  },
  {
    title: 'the two sides do not have the same version',
    tell: () =>
      story(
        stackOf(both),
        (s) =>
          changed(s, {
            agoMs: 30_000,
            path: '/srv/sketched/crossing/link.json',
            service: 'crossing',
          }),
        (s) => checkDown(s, 'crossing', 'HTTP 503'),
        (s) =>
          says(s, 'crossing', 'handshake rejected: config version mismatch (ours 7, peer 6)', {
            times: 5,
          }),
        (s) =>
          examined(s, 'crossing', {
            endpoints: [endpoint('terminal', 9_001)],
            files: [
              file('/srv/sketched/crossing/link.json', {
                differsFromGood: true,
                changedAtMs: nowMs - 30_000,
              }),
            ],
          }),
      ),
    is: 'bridge_config_mismatch',
    at: 'crossing',
    not: ['bridge_half_open', 'bad_config', 'bridge_peer_down'],
  },
  {
    title: 'the two sides do not agree, and it is the file of the far side that was changed',
    tell: () =>
      story(
        stackOf(both),
        (s) => checkDown(s, 'crossing', 'HTTP 503'),
        (s) => says(s, 'crossing', 'peer has config version 9, we have 4', { times: 5 }),
        (s) => examined(s, 'crossing', { endpoints: [endpoint('terminal', 9_001)] }),
        (s) =>
          examined(s, 'terminal', {
            files: [file('/srv/t.json', { differsFromGood: true, changedAtMs: nowMs - 20_000 })],
          }),
      ),
    is: 'bridge_config_mismatch',
    at: 'terminal',
    not: ['bridge_half_open'],
    params: { path: '/srv/t.json', bridge: 'crossing' },
  },
  {
    title: 'the interpreter that it runs is not there',
    tell: () =>
      story(
        stackOf(both),
        (s) => checkDown(s, 'crossing', 'HTTP 503'),
        (s) => says(s, 'crossing', 'Error: spawn pwsh-preview ENOENT', { times: 5 }),
        (s) => examined(s, 'crossing', { endpoints: [endpoint('terminal', 9_001)] }),
      ),
    is: 'bridge_exec_missing',
    at: 'crossing',
    not: ['bridge_peer_down', 'bad_config', 'missing_module'],
  },
  {
    title: 'it ends with 127 again and again',
    tell: () =>
      story(
        stackOf(both),
        (s) => loops(s, 'crossing', 4, { code: 127 }),
        (s) => says(s, 'crossing', 'sh: 1: wine64: not found', { times: 4 }),
      ),
    is: 'bridge_exec_missing',
    at: 'crossing',
    not: ['crash_loop', 'missing_module'],
  },
];
