/**
 * A group of symptoms as a set of words, for the classifier: what shows, what is complained of,
 * what a closer look found. No name of a service, host or file is among them: what was learnt on
 * one stack is true on another.
 */
import type { ServiceExam } from '../collect/exam.ts';
import { metrics } from '../collect/metric.ts';
import type { Picture, ServicePicture } from '../collect/picture.ts';
import { complaintsOf } from './complaint.ts';
import type { Group } from './root-cause.ts';
import { isDown, isGreen, ownProcesses, stoppedPid } from './vitals.ts';
import { linksOf } from './neighbours.ts';

export type SignsAsked = Readonly<{
  group: Group;
  picture: Picture;
  exams: ReadonlyMap<string, ServiceExam>;
  nowMs: number;
}>;

/** Sorted, each once, at most 60. */
export function signsOf({ group, picture, exams, nowMs }: SignsAsked): readonly string[] {
  const signs = new Set<string>();
  const root = group.rootCandidates[0] ?? '';
  for (const { kind, target, key } of group.symptoms) {
    const figure = metrics.find((metric) => key.includes(metric));
    const what = figure === undefined ? kind : `${kind}-${figure}`;
    signs.add(`${target === root ? 'symptom' : 'beside'}:${what}`);
  }
  const sinceMs = Math.min(nowMs, ...group.symptoms.map((one) => one.sinceMs));
  for (const name of [root, ...group.services]) {
    const service = picture.services.get(name);
    if (service === undefined) continue;
    for (const { kind, isNew } of complaintsOf(service, sinceMs - 60_000, nowMs))
      if (isNew) signs.add(`complaint:${kind}`);
    if (service.why !== null && service.why.confidence >= 0.5)
      signs.add(`cause:${service.why.cause}`);
  }
  const service = picture.services.get(root);
  if (service !== undefined) addOwn(signs, service, picture, exams.get(root) ?? null);
  else signs.add(root.startsWith('@disk') ? 'root:disk' : 'root:host');
  if (group.services.length >= 3) signs.add('many:services');
  const since = picture.changes.filter(({ atMs }) => atMs <= sinceMs && sinceMs - atMs < 300_000);
  for (const { kind, service: of } of since)
    if (of === null || of === root) signs.add(`change:${kind}`);
  return [...signs].toSorted().slice(0, 60);
}

function addOwn(
  signs: Set<string>,
  service: ServicePicture,
  picture: Picture,
  exam: ServiceExam | null,
): void {
  signs.add(`kind:${service.kind}`);
  if (isDown(service)) signs.add('root:down');
  if (isGreen(service)) signs.add('root:green');
  if (stoppedPid(service, exam) !== null) signs.add('root:halted');
  const end = service.ends.at(-1);
  if (end !== undefined) signs.add(`end:${end.posixSignal ?? end.code ?? 'unknown'}`);
  for (const { to } of linksOf(picture, service.name)) {
    const needed = picture.services.get(to);
    if (needed !== undefined && isDown(needed)) signs.add('needs:down');
  }
  for (const { cpu, busyThreads, waitsIn } of ownProcesses(exam)) {
    if (cpu >= 0.7) signs.add(busyThreads > 1 ? 'cpu:threads' : 'cpu:thread');
    if (/futex/.test(waitsIn ?? '')) signs.add('waits:lock');
  }
  for (const { tcp, answers, listening, peer } of exam?.endpoints ?? []) {
    const to = peer === null ? 'outside' : (picture.services.get(peer)?.kind ?? 'outside');
    if (tcp !== 'ok') signs.add(`way:${tcp}-${to}${listening === true ? '-listened' : ''}`);
    if (answers === false) signs.add(`way:mute-${to}`);
  }
  for (const { owner } of exam?.ports ?? [])
    if (owner !== null && owner.kind !== 'ours') signs.add(`port:${owner.kind}`);
  if (exam?.files.some(({ differsFromGood }) => differsFromGood) === true)
    signs.add('file:altered');
  if (exam?.mounts.some(({ deletedOpen }) => deletedOpen.length > 0) === true)
    signs.add('disk:deleted-open');
  if (exam?.mounts.some(({ inodesUsedRatio }) => (inodesUsedRatio ?? 0) >= 0.97) === true)
    signs.add('disk:no-inodes');
  if (exam?.mounts.some(({ usedRatio }) => usedRatio >= 0.97) === true) signs.add('disk:full');
  if (exam?.mounts.some(({ readOnly }) => readOnly) === true) signs.add('disk:read-only');
}
