/**
 * Steps that are words to people: `manual`, `notify`, `escalate`. The loop itself says them and
 * keeps them with the incident, so that nothing is left to do here; a dry run prints them.
 */
import { plan, type Action, type ActParams } from './action.ts';

const leads: Readonly<Record<string, string>> = {
  manual: 'ask a person',
  notify: 'send a message',
  escalate: 'give the incident to a person',
};

function said(params: ActParams): string {
  return String(params['text'] ?? params['reason'] ?? '');
}

export const wordsActions: readonly Action[] = Object.entries(leads).map(([name, lead]) => ({
  name,
  describe: (params) => `${lead}: ${said(params)}`,
  plan: (params) => Promise.resolve(plan(`${lead}: ${said(params)}`, said(params), [])),
  capture: () => Promise.resolve(null),
  apply: (params) => Promise.resolve(`${lead}: ${said(params)}`),
  undo: null,
  observe: () => Promise.resolve('done'),
}));
