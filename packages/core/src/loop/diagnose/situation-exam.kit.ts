/** Builds what a closer look found, for the situations of the tests. */
import type { PortOwner } from '../../stack/port.ts';
import type {
  EndpointExam,
  FileExam,
  MountExam,
  ProcessExam,
  ServiceExam,
} from '../collect/exam.ts';
import { of, onlyInstance } from './situation.kit.ts';
import { nowMs, pidOf, type Story } from './situation-stack.kit.ts';

/** A closer look; what is not told is unremarkable. */
export function examined(story: Story, name: string, more: Partial<ServiceExam> = {}): void {
  const { view } = onlyInstance(story, name);
  const ports =
    view.port === null || view.pid === null
      ? []
      : [{ port: view.port.port, owner: owned(name, view.pid) }];
  const exam: ServiceExam = {
    service: name,
    atMs: nowMs,
    processes: view.pid === null ? [] : [process(name)],
    ports,
    endpoints: [],
    names: [],
    mounts: [],
    files: [],
    certificates: [],
    command: { name: of(story, name).definition.command[0] ?? '', found: true },
    clockSkewMs: 0,
    ...more,
  };
  story.exams.set(name, exam);
  of(story, name).exam = exam;
}

export function owned(name: string, pid = pidOf(name)): PortOwner {
  return { pid, command: `./run ${name}`, kind: 'ours', instance: `${name}.1`, runningForMs: 7e6 };
}

export function process(name: string, more: Partial<ProcessExam> = {}): ProcessExam {
  return {
    pid: pidOf(name),
    command: `./run ${name}`,
    state: 'S',
    cpu: 0.01,
    waitsIn: 'ep_poll',
    threads: 11,
    busyThreads: 0,
    fds: 40,
    fdLimit: 1_024,
    rssBytes: 80_000_000,
    nice: 0,
    ours: true,
    ...more,
  };
}

/** A connection attempt to a service of the stack, or to an outside address with `peer: null`. */
export function endpoint(
  peer: string | null,
  port: number,
  more: Partial<EndpointExam> = {},
): EndpointExam {
  return {
    peer,
    host: '127.0.0.1',
    port,
    from: 'dependency',
    tcp: 'ok',
    connectMs: 1,
    answers: true,
    listening: true,
    owner: null,
    clients: 4,
    topClient: null,
    ...more,
  };
}

export function mount(path: string, more: Partial<MountExam> = {}): MountExam {
  return {
    path,
    usedRatio: 0.4,
    freeBytes: 50e9,
    inodesUsedRatio: 0.1,
    readOnly: false,
    deletedOpen: [],
    reclaimable: { files: 0, bytes: 0 },
    topWriter: null,
    ...more,
  };
}

export function file(path: string, more: Partial<FileExam> = {}): FileExam {
  return {
    path,
    exists: true,
    watched: true,
    secret: false,
    changedAtMs: null,
    differsFromGood: false,
    hasGood: true,
    ...more,
  };
}
