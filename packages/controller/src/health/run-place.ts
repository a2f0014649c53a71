/** Where and as whom the checks of an instance run, from its definition and its live run. */
import { dirname, join } from 'node:path';
import { notifyFile } from '@fettle/sdk/daemon/paths';
import type { ContainerWord } from '@fettle/core/stack/container';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { readSmallText } from '@fettle/proc/small-file';
import { readContainerWord } from '../probes/container.ts';
import type { Place } from '../probes/probe.ts';

export function placeOf(service: Service, view: () => InstanceView | null): Place {
  const now = view();
  const port = now?.port ?? null;
  return {
    instance: now?.instance ?? service.name,
    service: service.name,
    address: port === null ? null : { host: port.host, port: port.port },
    url: service.externalUrl,
    ...(service.container === undefined ? {} : { containerWord: () => wordOf(view()) }),
    workingDir: service.workingDir,
    ...notifyPlace(now),
    environment: () => runEnvironment(service, view()),
  };
}

/** Beside the records of the run; the spool says where that is. */
function notifyPlace(view: InstanceView | null): Pick<Place, 'notifyFile'> {
  const { spool = null, token = null } = view ?? {};
  if (spool === null || token === null) return {};
  const runsDir = join(dirname(spool), '../../runs');
  return { notifyFile: notifyFile({ runsDir }, token) };
}

/** `<state>/containers/<instance>.json`; the state folder is two above the spool's. */
function wordOf(view: InstanceView | null): ContainerWord | null {
  if (view === null || view.spool === null || view.token === null) return null;
  const file = join(dirname(view.spool), '../../containers', `${view.instance}.json`);
  const word = readContainerWord(file);
  return word?.token === view.token ? word : null;
}

/**
 * What the live process was really started with; else the definition on top of our own. The run
 * token stays in it: should we die during an exec check, its process is cleared away with the run.
 */
export function runEnvironment(
  service: Service,
  view: InstanceView | null,
): Readonly<Record<string, string>> {
  const pid = view?.pid ?? view?.shimPid ?? null;
  const isInside = service.container !== undefined;
  const live = pid === null || isInside ? null : readEnvironment(pid);
  if (live !== null) return live;
  const port = view?.port ?? null;
  const given = port === null ? {} : { PORT: `${port.port}`, HOST: port.host };
  return { ...ownEnvironment(), ...service.environment, ...given };
}

/** Of a live process; null: gone, not ours to read, or erased. */
export function readEnvironment(pid: number): Readonly<Record<string, string>> | null {
  const text = readSmallText(`/proc/${pid}/environ`);
  if (text === null || text === '') return null;
  const environment: Record<string, string> = {};
  for (const entry of text.split('\0')) {
    const at = entry.indexOf('=');
    if (at > 0) environment[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return environment;
}

function ownEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
