/** Compresses what a service has logged so far and gives its space back; no line is lost. */
import { noMeans } from './act-error.ts';
import { plan, type Action } from './action.ts';
import { counted } from './counted.ts';
import { serviceOf, targetOf } from './supervised-service.ts';

export const logsRotate: Action = {
  name: 'logs.rotate',
  describe: (params) => `compress the log of ${targetOf(params)}`,
  plan(params, world) {
    const { name } = serviceOf(world, targetOf(params));
    const text = `compress what ${name} has logged so far; no line is lost`;
    const lacks = world.logs === null ? 'logs of ours' : null;
    return Promise.resolve(
      plan(text, `fettle logs ${name}   # is rotated by itself`, [name], lacks),
    );
  },
  capture: (params, world) => Promise.resolve({ target: serviceOf(world, targetOf(params)).name }),
  async apply(params, _capture, { world }) {
    if (world.logs === null) throw noMeans('no log is kept', 'Start the stack first.');
    const { segments, bytes } = await world.logs.rotate(targetOf(params));
    const mib = Math.round(bytes / 1_048_576);
    return `${counted(segments, 'segment')} compressed, ${mib} MiB given back`;
  },
  undo: null,
  // What is rotated already is not rotated again.
  observe: () => Promise.resolve('not-done'),
};
