/**
 * The action vocabulary, version 1: all that a runbook may ask for, and nothing else.
 *
 * Risk is that of the act by itself; a runbook's step and the kind of its target may raise it.
 * What cannot be taken back says why, and then never runs by itself above low risk. Low and
 * irreversible is only what loses nothing that a user still has: a run that is already broken, our
 * own left-over process, files that the user listed for clean-up. Source: HEALING, "Action
 * vocabulary" and "Safety rails".
 */
import type { ActionSpec, ParamType } from './action-spec.ts';
import type { Risk } from './policy.ts';

type Row = readonly [
  name: string,
  /** `target:service grace?:duration` */
  params: string,
  risk: Risk,
  /** What it ends or changes is kept as evidence first. */
  destructive: 'calm' | 'destructive',
  /** null: reversible. */
  irreversible: string | null,
  summary: string,
];

const gone = 'a run that ended does not go on; its memory is lost';
const sent = 'what was sent is not unsent';

const rows: readonly Row[] = [
  // Services.
  ['service.start', 'target:service', 'low', 'calm', null, 'start a service that is down'],
  [
    'service.stop',
    'target:service grace?:duration',
    'medium',
    'destructive',
    null,
    'stop a service; the way back starts it',
  ],
  [
    'service.restart',
    'target:service instance?:string grace?:duration',
    'low',
    'destructive',
    gone,
    'stop and start a service, one instance after the other',
  ],
  [
    'service.scale',
    'target:service by?:number to?:number max?:number',
    'low',
    'calm',
    null,
    'change how many instances run, within the bounds of the config',
  ],
  [
    'service.drain',
    'target:service ttl?:duration',
    'medium',
    'calm',
    null,
    'take a service out of traffic, let open requests end',
  ],
  [
    'service.reload',
    'target:service signal?:string',
    'low',
    'calm',
    'what it read is not unread: put the file back and reload again',
    'have a service read its configuration again (SIGHUP unless told)',
  ],
  // Processes.
  [
    'process.signal',
    'target:service signal:string pid?:number',
    'low',
    'calm',
    'a signal that was delivered cannot be taken back',
    'send a signal to a service, or to one process of its tree',
  ],
  [
    'process.kill',
    'pid:number target?:service port?:number',
    'low',
    'destructive',
    'a killed process does not go on',
    'kill a left-over of this stack: it carries a run token of ours and is no live instance',
  ],
  [
    'process.renice',
    'nice:number target?:service pid?:number',
    'low',
    'calm',
    null,
    'give a process of this stack less of the processor',
  ],
  // Configuration and secrets.
  [
    'config.apply',
    'target:service path:string key:string value:string',
    'medium',
    'destructive',
    null,
    'set one key in a watched file; the old bytes are kept',
  ],
  [
    'config.rollback',
    'target:service',
    'low',
    'destructive',
    null,
    'put every watched file of a service back to its last good version',
  ],
  [
    'config.restore',
    'target:service path?:string',
    'low',
    'destructive',
    null,
    'put one watched file back to its last good version; without a path, those that differ',
  ],
  [
    'config.sync',
    'target:service peer:service path?:string',
    'medium',
    'destructive',
    null,
    "give both ends of a link the same version: the registry's",
  ],
  [
    'secret.reload',
    'target:service path?:string',
    'low',
    'destructive',
    gone,
    'have a service take up its secret as it is now: reload it, else restart',
  ],
  [
    'deps.restore',
    'target:service',
    'medium',
    'destructive',
    null,
    'install the locked dependencies from the local cache; the old set is kept',
  ],
  ['flag.set', 'flag:string value:boolean', 'low', 'calm', null, 'switch a managed flag'],
  [
    'deploy.rollback',
    'target:service',
    'medium',
    'destructive',
    null,
    'go back to the release before',
  ],
  // Ports, checks, jobs, logs, disk.
  [
    'port.reassign',
    'target:service port?:number',
    'low',
    'calm',
    null,
    'move a service to a free port and tell its dependants',
  ],
  [
    'check.silence',
    'target:service check?:string ttl?:duration',
    'low',
    'calm',
    null,
    'ignore a check that is wrong, for a while',
  ],
  [
    'job.quarantine',
    'target:service job?:string',
    'low',
    'destructive',
    null,
    'move the job that ends its worker aside; it can be queued again',
  ],
  [
    'logs.rotate',
    'target:service',
    'low',
    'calm',
    'a rotated log is not joined again; no line is lost',
    'close the log file and compress it',
  ],
  [
    'logs.rate_limit',
    'target:service template?:string per_second?:number ttl?:duration',
    'low',
    'calm',
    null,
    'keep a sample of a message that floods the log, and count the rest',
  ],
  [
    'disk.reclaim',
    'path:string target?:service inodes?:boolean',
    'low',
    'destructive',
    'deleted files are gone; only what `cleanup:` lists is ever deleted',
    'delete the oldest of what the config lists for clean-up',
  ],
  // Databases and traffic.
  [
    'db.terminate_sessions',
    'target:service client?:service idle?:duration pid?:number',
    'medium',
    'destructive',
    'a session that ended loses its open transaction',
    'end sessions of one client that hold what others wait for',
  ],
  [
    'breaker.open',
    'target:service dependency:service ttl?:duration',
    'medium',
    'calm',
    null,
    'fail calls to a dependency at once instead of waiting',
  ],
  [
    'resilience.set',
    'target:service retries?:number budget?:number timeout?:duration ttl?:duration',
    'medium',
    'calm',
    null,
    'bound retries and time-outs of the calls of a service',
  ],
  [
    'resolver.pin',
    'host:string address:string target?:service ttl?:duration',
    'medium',
    'calm',
    null,
    'answer a host name with its last good address, for a while',
  ],
  [
    'traffic.shed',
    'target:service to:number ttl?:duration',
    'medium',
    'calm',
    null,
    'turn away requests above a rate',
  ],
  [
    'traffic.shift',
    'target:service to:service ratio:number',
    'medium',
    'calm',
    null,
    'send a share of the requests elsewhere',
  ],
  [
    'traffic.admit',
    'target:service per_second:number ttl?:duration',
    'medium',
    'calm',
    null,
    'let connections in at a rate, the rest is told when to come back',
  ],
  // Certificates and bridges.
  [
    'cert.renew',
    'target:service place?:string',
    'low',
    'destructive',
    null,
    'run the renewal hook that the config names; the old files are kept',
  ],
  [
    'bridge.reconnect',
    'target:service peer?:service',
    'low',
    'calm',
    'a connection that was closed is not opened again: a new one is',
    'have a bridge drop its link and dial again, without losing its buffer',
  ],
  [
    'bridge.resync',
    'target:service peer?:service',
    'medium',
    'destructive',
    null,
    "give a bridge and its peer the registry's configuration",
  ],
  // The world at large, and people.
  [
    'exec',
    'command:string target?:service',
    'high',
    'destructive',
    'what a script did is not known here',
    'run a script that the config allows by name',
  ],
  ['http.call', 'url:string method?:string body?:string', 'medium', 'calm', sent, 'call a URL'],
  ['wait', 'for:duration', 'low', 'calm', null, 'do nothing for a while, then go on'],
  [
    'manual',
    'text:string owner?:string deadline?:duration',
    'low',
    'calm',
    null,
    'ask a person to do something and to say that it is done',
  ],
  ['notify', 'text:string severity?:string', 'low', 'calm', sent, 'send a message, go on'],
  [
    'escalate',
    'reason:string severity?:string',
    'low',
    'calm',
    sent,
    'give the incident to a person, with all that is known',
  ],
  ['codefix.propose', 'text?:string', 'low', 'calm', null, 'open a ticket for a change of code'],
];

function specOf([name, params, risk, destructive, irreversible, summary]: Row): ActionSpec {
  const read = params.split(' ').map((param) => {
    const [label = '', type] = param.split(':');
    const required = !label.endsWith('?');
    return [label.replace('?', ''), { type: type as ParamType, required }] as const;
  });
  return {
    name,
    params: Object.fromEntries(read),
    risk,
    irreversible,
    destructive: destructive === 'destructive',
    summary,
  };
}

/** By name, in the order of the documentation. */
export const actionSpecs: ReadonlyMap<string, ActionSpec> = new Map(
  rows.map(specOf).map((spec) => [spec.name, spec]),
);
