/**
 * A closer look at one service, made when an incident begins: processes, ports, addresses, names,
 * file systems, files, certificates, clock. All parts at once, each with its deadline; within 3 s
 * what is known is told, and what is not known is empty.
 */
import type { ServiceExam } from '@fettle/core/loop/collect/exam';
import type { Service } from '@fettle/core/stack/service';
import type { InstanceView } from '@fettle/core/supervise/instance-view';
import { readTcpTable } from '@fettle/proc/tcp-table';
import { treeReader } from '../../figures/run-tree.ts';
import { certificateEnds } from '../certificates.ts';
import { examineClock } from './clock-exam.ts';
import { examineCommand } from './command-exam.ts';
import { within } from './deadline.ts';
import { examineEndpoints } from './endpoint-exam.ts';
import type { ExamContext, ExamDeps } from './exam-context.ts';
import { examineFiles } from './file-exam.ts';
import { examineMounts } from './mount-exam.ts';
import { examineNames } from './name-exam.ts';
import { examinePorts } from './port-exam.ts';
import { examineProcesses } from './process-exam.ts';

export type { ExamDeps } from './exam-context.ts';

const tailMs = 500;
const partMs = 2_400;
const maxLines = 200;

/** Several at once: processes and sockets are read once for all of them. Never throws. */
export function examineServices(
  names: readonly string[],
  deps: ExamDeps,
): Promise<readonly ServiceExam[]> {
  const readings = readAll(deps);
  return Promise.all(names.map((name) => examineService(name, deps, readings)));
}

type Readings = Pick<ExamContext, 'pids' | 'sockets'>;

function readAll({ link }: ExamDeps): Readings {
  const trees = treeReader().read(link.instances());
  const pids = new Map([...trees].map(([id, { stats }]) => [id, stats.map(({ pid }) => pid)]));
  return { pids, sockets: readTcpTable() };
}

/** Never throws: of a service that is not known everything is empty. */
export async function examineService(
  name: string,
  deps: ExamDeps,
  readings: Readings = readAll(deps),
): Promise<ServiceExam> {
  const stack = deps.link.stack();
  const service = stack?.services.find((one) => one.name === name);
  const views = deps.link.instances().filter((view) => view.service === name);
  if (stack === null || service === undefined) return emptyExam(name, deps);
  const lines = await within(tailMs, lastLines(views, deps), []);
  return examine({ deps, stack, service, views, lines, ...readings }, service);
}

async function examine(context: ExamContext, service: Service): Promise<ServiceExam> {
  const empty = emptyExam(service.name, context.deps);
  const part = <Found>(work: () => Promise<Found> | Found, fallback: Found): Promise<Found> =>
    within(partMs, (async () => await work())(), fallback);
  const [processes, ports, endpoints, names, mounts, files, certificates, command, clockSkewMs] =
    await Promise.all([
      part(() => examineProcesses(context), empty.processes),
      part(() => examinePorts(context), empty.ports),
      part(() => examineEndpoints(context), empty.endpoints),
      part(() => examineNames(context), empty.names),
      part(() => examineMounts(context), empty.mounts),
      part(() => examineFiles(context), empty.files),
      part(() => certificateEnds(service), empty.certificates),
      part(() => examineCommand(context), { ...empty.command, found: true }),
      part(() => examineClock(context), 0),
    ]);
  const found = { processes, ports, endpoints, names, mounts, files, certificates, command };
  return { ...empty, ...found, clockSkewMs };
}

/** Of the last ended run, then of the live one: a crash's words are in the former. */
async function lastLines(
  views: readonly InstanceView[],
  { logs }: ExamDeps,
): Promise<readonly string[]> {
  const runs = views
    .slice(0, 4)
    .flatMap(({ instance, token, lastToken }) =>
      [lastToken, token === lastToken ? null : token].flatMap((run) =>
        run === null ? [] : [{ instance, run }],
      ),
    );
  const all = await Promise.all(
    runs.map(({ instance, run }) => logs.tail(instance, run, maxLines)),
  );
  return all.flat();
}

function emptyExam(service: string, { nowMs }: ExamDeps): ServiceExam {
  return {
    service,
    atMs: nowMs(),
    processes: [],
    ports: [],
    endpoints: [],
    names: [],
    mounts: [],
    files: [],
    certificates: [],
    command: { name: '', found: false },
    clockSkewMs: 0,
  };
}
