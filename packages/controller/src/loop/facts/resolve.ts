/**
 * `resolve(host)`: asks for the address of a name, if the config names it: a question to a name
 * server leaves this machine, too. `{ok, error, address}`.
 */
import { lookup } from 'node:dns/promises';
import { mayCall } from './known-address.ts';
import { textArgument, type ShellFact } from './shell-fact.ts';

export const resolveName: ShellFact = {
  name: 'resolve',
  async answer(args, { world }) {
    const host = textArgument(args, 0);
    if (!mayCall(host, world.link.stack())) return null;
    try {
      const { address } = await lookup(host);
      return { ok: true, error: null, address };
    } catch (error) {
      return {
        ok: false,
        error: (error as NodeJS.ErrnoException).code ?? 'ENOTFOUND',
        address: null,
      };
    }
  },
};
