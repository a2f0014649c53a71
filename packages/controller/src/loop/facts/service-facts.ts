/** `command_exists(service)`, `attested(service)`: its program, and who answers on its address. */
import { attestListener } from '@fettle/proc/attest';
import { examineCommand } from '../exam/command-exam.ts';
import { textArgument, type ShellFact } from './shell-fact.ts';

export const commandExists: ShellFact = {
  name: 'command_exists',
  answer(args, { world }) {
    const name = textArgument(args, 0);
    const service = world.link.stack()?.services.find((one) => one.name === name);
    return Promise.resolve(service === undefined ? null : examineCommand({ service }).found);
  },
};

/** False also when nobody listens; null where owners cannot be read. */
export const attested: ShellFact = {
  name: 'attested',
  answer(args, { world }) {
    const service = textArgument(args, 0);
    const verdicts = world.link.instances().flatMap((view) => {
      const { port, token, pid, shimPid } = view;
      if (view.service !== service || port === null) return [];
      if (token === null) return ['nobody'];
      const pids = [pid, shimPid].filter((one) => one !== null);
      return [
        attestListener({ host: port.host, port: port.port, token, pids, maxAgeMs: 0 }).verdict,
      ];
    });
    if (verdicts.length === 0) return Promise.resolve(null);
    if (verdicts.some((one) => one === 'foreign' || one === 'nobody'))
      return Promise.resolve(false);
    return Promise.resolve(verdicts.includes('unknown') ? null : true);
  },
};
