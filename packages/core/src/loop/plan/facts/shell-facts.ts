/**
 * Facts that need a look at the world at the moment of asking. The shell answers them, each within
 * its time; what cannot be read in time is null. Arguments come complete: left-out ones are filled
 * with their fallbacks, durations are ms.
 */
import type { ValueType } from '../expression/value-type.ts';
import type { FactParam, ShellFact } from './fact.ts';
import { serviceParam } from './service-of.ts';

const timeout = (ms: number): FactParam => ({ name: 'timeout', type: 'duration', fallback: ms });
const port: FactParam = { name: 'port', type: 'number' };
const path: FactParam = { name: 'path', type: 'string' };

type Shape = Readonly<{ params: readonly FactParam[]; result: ValueType }>;
function shellFact(
  name: string,
  { params, result }: Shape,
  about: string,
  example: string,
): ShellFact {
  return { name, params, result, about, example, source: 'shell' };
}
const record = (fields: Readonly<Record<string, ValueType>>): ValueType => ({ record: fields });

export const shellFacts: readonly ShellFact[] = [
  shellFact(
    'tcp_connect',
    {
      params: [{ name: 'address', type: 'string' }, timeout(1_000)],
      result: record({ ok: 'boolean', error: 'string', ms: 'duration' }),
    },
    'Does a connection open? `address` is a service or `host:port`; `error` is refused, timeout, reset or unreachable.',
    "not tcp_connect(target, 1s).ok and tcp_connect(target, 1s).error == 'refused'",
  ),
  shellFact(
    'db_ping',
    {
      params: [serviceParam, timeout(2_000)],
      result: record({ ok: 'boolean', ms: 'duration', error: 'string' }),
    },
    'Does the database answer a question of its own protocol (PostgreSQL, MySQL, Redis, else its health check)?',
    'db_ping(target).ok and db_ping(target).ms < 200ms',
  ),
  shellFact(
    'http_get',
    {
      params: [{ name: 'url', type: 'string' }, timeout(2_000)],
      result: record({ ok: 'boolean', status: 'number', ms: 'duration' }),
    },
    'Asks a URL on this machine, or `service/path`; `ok` is a status from 200 to 399.',
    "http_get(target + '/health').ok",
  ),
  shellFact(
    'proc',
    {
      params: [serviceParam],
      result: record({
        state: 'string',
        pid: 'number',
        cpu: 'number',
        rss: 'bytes',
        threads: 'number',
        fds: 'number',
        fd_limit: 'number',
      }),
    },
    'Its process, of several instances the worst: `state` is running, stopped (T), exited or zombie; `cpu` in cores.',
    "proc(target).state == 'stopped'",
  ),
  shellFact(
    'listening',
    { params: [port], result: 'boolean' },
    'Does some process of this machine listen on the port?',
    'listening(params.port)',
  ),
  shellFact(
    'owner',
    { params: [port], result: record({ kind: 'string', pid: 'number', command: 'string' }) },
    'Who listens there: `kind` is ours, orphan (left over from an earlier run of this stack), foreign, unknown or none.',
    "owner(params.port).kind == 'orphan'",
  ),
  shellFact(
    'port_free',
    { params: [port], result: 'boolean' },
    'Could a service listen there now?',
    'port_free(params.port)',
  ),
  shellFact(
    'disk_free',
    { params: [path], result: 'number' },
    'Share of the file system at the path that is free.',
    'disk_free(params.path) > 5%',
  ),
  shellFact(
    'inodes_free',
    { params: [path], result: 'number' },
    'Share of its inodes that is free.',
    'inodes_free(params.path) > 5%',
  ),
  shellFact(
    'file_exists',
    { params: [path], result: 'boolean' },
    'Is there such a file?',
    'file_exists(params.path)',
  ),
  shellFact(
    'file_changed',
    { params: [path], result: 'boolean' },
    'Does the watched file differ from its last good version?',
    'file_changed(params.path)',
  ),
  shellFact(
    'has_good_version',
    { params: [serviceParam], result: 'boolean' },
    'Does a watched config or secret file of it differ from a last good version that is kept?',
    'has_good_version(target)',
  ),
  shellFact(
    'resolve',
    {
      params: [{ name: 'host', type: 'string' }],
      result: record({ ok: 'boolean', error: 'string', address: 'string' }),
    },
    'Asks for the address of a host name.',
    'resolve(params.host).ok',
  ),
  shellFact(
    'command_exists',
    { params: [serviceParam], result: 'boolean' },
    'Is the program of its command there, and may it be run?',
    'command_exists(target)',
  ),
  shellFact(
    'attested',
    { params: [serviceParam], result: 'boolean' },
    'Do all listeners on its address belong to its own processes?',
    'attested(target)',
  ),
  shellFact(
    'memory_available',
    { params: [], result: 'bytes' },
    'What the machine could still give to processes.',
    'memory_available() > 200MB',
  ),
];
