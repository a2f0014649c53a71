/**
 * Names the cause of a group of symptoms: all rules on all its services, weighed with each other.
 *
 * A rule sees one service; here their words are joined. Several services that accuse the same one
 * strengthen each other; what a deeper failure would bring about counts less; the specific beats
 * the general. Below `knownFrom` the answer is `unknown` with what is known.
 */
import type { ServiceExam } from '../collect/exam.ts';
import type { Classifier } from '../../knowledge/classifier.ts';
import type { Picture } from '../collect/picture.ts';
import { complaintsOf, lasting } from './complaint.ts';
import { allDecisionRules } from './decision-rules/all.ts';
import { diskRules } from './decision-rules/disk.ts';
import type { DecisionRule, Situation } from './decision-rule.ts';
import type { Diagnosis, Verdict } from './diagnosis.ts';
import { consulted } from './consult.ts';
import { usersOfDisk } from './disk-users.ts';
import { linksOf } from './neighbours.ts';
import { rankCauses, type Offer, type Ranked } from './rank-causes.ts';
import type { Group } from './root-cause.ts';
import { clip, sentenceLimit } from './words.ts';

export type Finding = Verdict & Pick<Diagnosis, 'ruleId' | 'others' | 'affected'>;

/** A cause that is less likely than not is not named. */
const knownFrom = 0.5;
/** Complaints from before the first symptom count, too: the log is often earlier than the check. */
const leadMs = 60_000;

export type Exams = ReadonlyMap<string, ServiceExam>;

export function diagnose(group: Group, picture: Picture, exams: Exams, nowMs: number): Finding {
  return diagnoseBy(allDecisionRules, { group, picture, exams, nowMs });
}

export type Asked = Readonly<{
  group: Group;
  picture: Picture;
  exams: Exams;
  nowMs: number;
  /** When the last earlier trouble of a service was over, by service; absent: none is known. */
  settled?: ReadonlyMap<string, number>;
  /** What was learnt from confirmed outcomes; absent: rules alone. */
  learnt?: Classifier | null;
}>;

/** With what was learnt, and by the rules given: leaving one out shows who misses it. */
export function diagnoseBy(rules: readonly DecisionRule[], asked: Asked): Finding {
  const { group, picture, learnt = null } = asked;
  const exams = freshExams(asked);
  const offersBy = (names: readonly string[], by: readonly DecisionRule[]): readonly Offer[] =>
    names.flatMap((name) => {
      const situation = situationOf({ ...asked, exams }, name);
      return situation === null ? [] : offersOf(situation, by);
    });
  const seers = unseenDisks(group, picture, exams);
  const suspects = namesIn(group, picture, exams);
  // A disk or the host that nobody suffers from yet is seen through any service.
  const any = suspects.length + seers.length > 0 ? [] : [...picture.services.keys()].slice(0, 1);
  const offers = [
    ...offersBy([...suspects, ...any], rules),
    // Who only lets a disk be seen is accused of nothing else.
    ...offersBy(
      seers.filter((name) => !suspects.includes(name)),
      diskRules.filter((one) => rules.includes(one)),
    ),
  ];
  const unasked = offers.filter(({ target }) => picture.services.get(target)?.want !== 'down');
  const ranked = rankCauses(consulted(unasked, { ...asked, exams }, learnt), group, picture);
  const best = ranked[0];
  return best !== undefined && best.odds >= knownFrom
    ? named(best, ranked, group)
    : unknown(ranked, group);
}

/** An exam of long ago tells of another trouble. */
const examLivesMs = 300_000;

/** The suspects, those that show something, and what they need as far as it was looked at. */
function namesIn(group: Group, picture: Picture, exams: Exams): readonly string[] {
  const own = [...group.rootCandidates, ...group.services];
  const below = own.flatMap((name) => linksOf(picture, name)).filter(({ to }) => exams.has(to));
  const names = [...own, ...below.map(({ to }) => to)];
  return [...new Set(names)].filter((name) => picture.services.has(name));
}

/** Through whom a disk was looked at that nobody who suffers uses. */
function unseenDisks(group: Group, picture: Picture, exams: Exams): readonly string[] {
  const names = [...new Set([...group.rootCandidates, ...group.services])];
  const sees = (disk: string, name: string): boolean =>
    exams.get(name)?.mounts.some(({ path }) => `@disk:${path}` === disk) === true;
  return names
    .filter((disk) => disk.startsWith('@disk:') && !names.some((name) => sees(disk, name)))
    .flatMap((disk) => usersOfDisk(picture, disk).filter((name) => sees(disk, name)));
}

function situationOf(asked: Asked, name: string): Situation | null {
  const { group, picture, exams, nowMs } = asked;
  const service = picture.services.get(name);
  if (service === undefined) return null;
  const own = group.symptoms.filter(({ target }) => target === name || target.startsWith('@'));
  const symptoms = own.toSorted((a, b) => a.sinceMs - b.sinceMs);
  const sinceMs = Math.min(nowMs, ...group.symptoms.map((one) => one.sinceMs));
  const settled = asked.settled ?? noneSettled;
  const fromMs = Math.max(sinceMs - leadMs, settled.get(name) ?? 0);
  return {
    picture,
    service,
    symptoms,
    exam: exams.get(name) ?? null,
    exams,
    complaints: lasting(complaintsOf(service, fromMs, nowMs), service, sinceMs),
    sinceMs,
    fromMs,
    settled,
    nowMs,
  };
}

const noneSettled: ReadonlyMap<string, number> = new Map();

/** Those given, else those that the picture keeps; none that is old, or of a trouble that is over. */
function freshExams({ exams: given, picture, settled = noneSettled, nowMs }: Asked): Exams {
  const isOver = ({ service, endpoints, atMs }: ServiceExam): boolean =>
    [service, ...endpoints.flatMap(({ peer }) => peer ?? [])].some(
      (name) => atMs < (settled.get(name) ?? 0),
    );
  const kept = [...picture.services.values()].flatMap(({ name, exam }) =>
    exam === null ? [] : [[name, exam] as const],
  );
  return new Map(
    [...kept, ...given].filter(([, one]) => nowMs - one.atMs <= examLivesMs && !isOver(one)),
  );
}

function offersOf(situation: Situation, rules: readonly DecisionRule[]): readonly Offer[] {
  return rules.flatMap((rule) => {
    const verdict = rule.judge(situation);
    return verdict === null ? [] : [{ ...verdict, ruleId: rule.id, by: situation.service.name }];
  });
}

function named(best: Ranked, ranked: readonly Ranked[], group: Group): Finding {
  const { offer, odds } = best;
  return {
    class: offer.class,
    target: offer.target,
    confidence: odds,
    sentence: offer.sentence,
    for: offer.for,
    against: offer.against,
    params: offer.params,
    ruleId: offer.ruleId,
    others: othersOf(ranked.slice(1)),
    affected: affectedBy(offer.target, group),
  };
}

function affectedBy(target: string, group: Group): readonly string[] {
  const all = [...new Set([...group.services, ...group.affected])];
  return all.filter((name) => name !== target);
}

function othersOf(ranked: readonly Ranked[]): Finding['others'] {
  return ranked
    .filter(({ odds }) => odds >= 0.01)
    .slice(0, 5)
    .map(({ offer, odds }) => ({ class: offer.class, target: offer.target, odds }));
}

function unknown(ranked: readonly Ranked[], group: Group): Finding {
  const best = ranked[0];
  const target = best?.offer.target ?? group.rootCandidates[0] ?? group.services[0] ?? '@host';
  const shows = group.symptoms[0]?.text ?? 'it is not well';
  const guess = best === undefined ? '' : `; perhaps ${best.offer.sentence}`;
  return {
    class: 'unknown',
    target,
    confidence: best?.odds ?? 0,
    sentence: clip(`${shows}; why is not known${guess}`, sentenceLimit),
    for: best?.offer.for ?? group.symptoms.flatMap(({ evidence }) => evidence).slice(0, 8),
    against: best?.offer.against ?? [],
    params: {},
    ruleId: 'none',
    others: othersOf(ranked),
    affected: affectedBy(target, group),
  };
}
