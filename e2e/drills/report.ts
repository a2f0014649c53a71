/** Lines and tables for people. */
import type { DrillResult, NegativeResult, TemptingResult } from './drill-result.ts';
import { families } from './fault.ts';
import type { Results } from './run-chapters.ts';
import { percent, type Score } from './score.ts';

const cell = (text: string, width: number): string => text.slice(0, width).padEnd(width);
const seconds = (value: number | null): string =>
  (value === null ? '–' : value.toFixed(1)).padStart(6);
const mark = (good: boolean): string => (good ? 'ok  ' : 'MISS');

export function drillLine(one: DrillResult): string {
  const { diagnosis } = one;
  const cause =
    diagnosis === null
      ? 'none'
      : `${diagnosis.class} of ${diagnosis.target} ${Math.round(diagnosis.confidence * 100)} %`;
  const end = one.escalated ? 'a person called' : one.acts.join(', ') || 'by reflex';
  const good = one.diagnosedRight && one.healed && one.harm.length === 0;
  return [
    mark(good),
    cell(`${one.stack} ${one.round}`, 11),
    cell(one.fault, 23),
    `seen ${seconds(one.signalS)}  incident ${seconds(one.symptomS)}  cured ${seconds(one.curedS)}`,
    `verified ${seconds(one.verifiedS)} `,
    `${one.diagnosedRight ? '=' : '≠'} ${cause};`,
    `${one.remedyRight ? '=' : '≠'} ${end}`,
    ...(one.undoneSteps > 0 ? [`(${one.undoneSteps} undone)`] : []),
    ...(one.note === null ? [] : [`– ${one.note}`]),
    ...one.harm.map((text) => `HARM: ${text}`),
  ].join(' ');
}

export function negativeLine({ name, stack, round, acts, incidents, did }: NegativeResult): string {
  const told = incidents.length === 0 ? 'no incident' : incidents.join('; ');
  return `${mark(acts.length === 0)} ${cell(`${stack} ${round}`, 11)} ${cell(name, 23)} ${did}: ${acts.join(', ') || 'nothing done'}, ${told}`;
}

export const temptingLine = ({ stack, fault, what, cured }: TemptingResult): string =>
  `${mark(!cured)} ${cell(`${stack} –`, 11)} ${cell(fault, 23)} ${what}: ${cured ? 'CURED' : 'does not cure'}`;

/** One row per fault and stack: medians would hide, so the worst is shown. */
export function table(results: Results): string {
  const rows = new Map<string, DrillResult[]>();
  for (const one of results.drills) {
    const key = `${one.family} ${one.fault}`;
    rows.set(key, [...(rows.get(key) ?? []), one]);
  }
  const worst = (list: readonly (number | null)[]): number | null =>
    list.includes(null) ? null : Math.max(...(list as number[]));
  const lines = [...rows.values()]
    .toSorted((a, b) => order(a) - order(b))
    .map((all) => {
      const [{ family, fault } = { family: '', fault: '' }] = all;
      const count = (good: (one: DrillResult) => boolean): string =>
        `${all.filter(good).length}/${all.length}`.padStart(6);
      return [
        cell(family, 10),
        cell(fault, 23),
        count((one) => one.diagnosedRight),
        count((one) => one.healed),
        seconds(worst(all.map((one) => one.symptomS))),
        seconds(worst(all.map((one) => one.curedS))),
        seconds(worst(all.map((one) => one.verifiedS))),
        String(all.reduce((sum, one) => sum + one.undoneSteps, 0)).padStart(6),
      ].join('  ');
    });
  const head = `${cell('family', 10)}  ${cell('fault', 23)}   cause  healed   seen s cured s verif. undone  (slowest)`;
  return [head, ...lines].join('\n');
}

const order = ([one]: readonly DrillResult[]): number =>
  one === undefined ? 0 : families.indexOf(one.family);

export function summary(score: Score, results: Results): string {
  const rows = families.map((family) => {
    const { diagnosed, healed } = score.families[family];
    return `  ${cell(family, 11)} ${percent(diagnosed).padStart(7)} diagnosed  ${percent(healed).padStart(7)} healed  of ${diagnosed.of}`;
  });
  const list = (title: string, items: readonly string[]): readonly string[] =>
    items.length === 0 ? [] : [title, ...items.map((text) => `  ${text}`)];
  return [
    `${score.drills} drills: ${percent(score.diagnosed)} diagnosed right, ${percent(score.healed)} healed and verified`,
    ...rows,
    `${score.harmful.length} harmful acts; ${results.negatives.length} cases where nothing is due, ${score.actsWhereNoneIsDue.length} acts`,
    `${results.tempting.length} remedies that tempt, ${score.curedByTheWrong.length} cured`,
    ...list('harm:', score.harmful),
    ...list('acts where none was due:', score.actsWhereNoneIsDue),
    ...list('cured by what only tempts:', score.curedByTheWrong),
    ...list('not run here:', [...results.unfit].toSorted()),
    ...list('could not be run:', results.broken),
    ...list('MISSED:', score.missed),
    score.missed.length === 0 ? 'all thresholds are met' : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
