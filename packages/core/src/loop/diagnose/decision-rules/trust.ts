/** Causes of trust: certificates that end, passwords that differ, a clock that is wrong. */
import {
  alteredFiles,
  blamedFile,
  complaint,
  complaintClue,
  editClues,
  pathParam,
  whyClue,
} from '../asking.ts';
import { meantBy } from '../address-book.ts';
import { clue, when } from '../clue.ts';
import type { ServicePicture } from '../../collect/picture.ts';
import type { Complaint } from '../complaint.ts';
import type { DecisionRule, Situation } from '../decision-rule.ts';
import { latest } from '../figures.ts';
import { rule } from '../make-rule.ts';
import { linksOf } from '../neighbours.ts';
import { isDown } from '../vitals.ts';
import { howLong } from '../words.ts';

const dayMs = 86_400_000;

/** The certificate of this service that ends first. */
function firstEnding({
  exam,
  nowMs,
}: Situation): Readonly<{ place: string; leftMs: number }> | null {
  const all = (exam?.certificates ?? [])
    .map(({ place, notAfterMs }) => ({ place, leftMs: notAfterMs - nowMs }))
    .toSorted((a, b) => a.leftMs - b.leftMs);
  return all[0] ?? null;
}

/** Whose certificate it is that a caller complains of. */
function showsExpired(situation: Situation, told: Complaint): ServicePicture | null {
  const { picture, service, exams, nowMs } = situation;
  const needs = linksOf(picture, service.name).flatMap(({ to }) => picture.services.get(to) ?? []);
  const known = needs.find(
    ({ name }) =>
      (exams.get(name)?.certificates.some(({ notAfterMs }) => notAfterMs <= nowMs) ?? false) ||
      (latest(situation, 'certificate_days', name) ?? 1) <= 0,
  );
  if (known !== undefined || told.port === null) return known ?? null;
  return meantBy(situation, { host: told.host ?? '', port: told.port });
}

const certExpired = rule('cert_expired', (situation) => {
  const { service } = situation;
  const own = firstEnding(situation);
  const days = latest(situation, 'certificate_days');
  const over = (own !== null && own.leftMs <= 0) || (days !== null && days <= 0);
  const told = complaint(situation, 'tls-expired');
  if (!over && told === null) return null;
  const peer = over || told === null ? null : showsExpired(situation, told);
  return {
    target: peer?.name ?? service.name,
    sentence: over
      ? `the certificate of ${service.name} ended ${own === null ? '' : `${howLong(-own.leftMs)} ago`}`
      : `${peer?.name ?? 'the other side'} shows ${service.name} a certificate that has ended`,
    params: own === null ? {} : { place: own.place },
    for: [
      when(over, () =>
        clue(0.88, 'config', `${own?.place ?? 'certificate'}: its last day is over`),
      ),
      complaintClue(told, 0.72),
      whyClue(situation, 'cert_expired'),
    ],
    against: [
      when(Math.abs(situation.exam?.clockSkewMs ?? 0) > dayMs, () =>
        clue(0.6, 'process', 'the clock is wrong by more than a day'),
      ),
    ],
  };
});

const certExpiring = rule('cert_expiring', (situation) => {
  const { service, symptoms } = situation;
  const own = firstEnding(situation);
  const days = own === null ? latest(situation, 'certificate_days') : own.leftMs / dayMs;
  if (days === null || days <= 0 || days > 30) return null;
  return {
    target: service.name,
    sentence: `the certificate of ${service.name} ends in ${Math.ceil(days)} days`,
    params: { days: Math.ceil(days), ...(own === null ? {} : { place: own.place }) },
    for: [
      clue(0.75, 'config', `${own?.place ?? 'certificate'}: ${days.toFixed(1)} days left`),
      when(
        symptoms.some(({ kind }) => kind === 'certificate'),
        () => clue(0.4, 'config', 'within the time in which it should be renewed'),
      ),
    ],
  };
});

const authMismatch = rule('auth_secret_mismatch', (situation) => {
  const { service, exam } = situation;
  const told = complaint(situation, 'auth');
  const why = whyClue(situation, 'auth_secret_mismatch');
  if ((told === null && why === null) || service.kind === 'database') return null;
  const peer =
    told === null ? null : meantBy(situation, { host: told.host ?? '', port: told.port ?? 0 });
  const reached = exam?.endpoints.find(
    ({ peer: name, tcp }) => tcp === 'ok' && (peer === null || name === peer.name),
  );
  const secret = alteredFiles(situation, true)[0];
  const path = secret?.path ?? blamedFile(situation, true) ?? blamedFile(situation);
  const name = peer?.name ?? reached?.peer ?? null;
  return {
    target: service.name,
    sentence: `${name ?? 'the other side'} refuses the login of ${service.name}: the secrets differ`,
    params: { ...pathParam(path), ...(name === null ? {} : { peer: name }) },
    for: [
      complaintClue(told, 0.7),
      why,
      when(reached !== undefined, () =>
        clue(0.35, 'network', `${reached?.host}:${reached?.port} can be reached`),
      ),
      ...editClues(situation, { change: 0.4, altered: 0.35 }, true),
      ...editClues(situation, { change: 0.15, altered: 0.1 }),
    ],
    against: [
      when(peer !== null && isDown(peer), () =>
        clue(0.5, 'dependency', `${peer?.name} does not run`),
      ),
      when(complaint(situation, 'clock') !== null, () =>
        clue(0.5, 'log', 'tokens are refused for their time'),
      ),
    ],
  };
});

const clockSkew = rule('clock_skew', (situation) => {
  const { service, exam } = situation;
  const skewMs = exam?.clockSkewMs ?? 0;
  const told = complaint(situation, 'clock');
  if (Math.abs(skewMs) < 2_000 && told === null) return null;
  const way = skewMs > 0 ? 'ahead' : 'behind';
  return {
    target: service.name,
    sentence:
      Math.abs(skewMs) < 2_000
        ? `the clocks of ${service.name} and of those it talks to differ`
        : `the clock that ${service.name} sees is ${howLong(Math.abs(skewMs))} ${way}`,
    params: { skewMs },
    for: [
      when(Math.abs(skewMs) >= 2_000, () =>
        clue(
          // Old lines of a log look like a clock that is behind; nothing looks like one ahead.
          skewMs >= 30_000 ? 0.75 : skewMs > 0 ? 0.5 : 0.4,
          'process',
          `${howLong(Math.abs(skewMs))} ${way}`,
        ),
      ),
      complaintClue(told, 0.65),
    ],
    against: [
      when(exam !== null && Math.abs(skewMs) < 1_000 && told !== null, () =>
        clue(0.15, 'process', 'this machine keeps its time'),
      ),
    ],
  };
});

export const trustRules: readonly DecisionRule[] = [
  certExpired,
  certExpiring,
  authMismatch,
  clockSkew,
];
