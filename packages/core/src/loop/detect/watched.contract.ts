/** A stage with its book of symptoms, looked at as the loop does: what began, and what shows now. */
import type { Metric, Sample } from '../collect/metric.ts';
import { Stage } from '../collect/stage.contract.ts';
import type { OwnAct } from './attribution.ts';
import { detect, openSymptoms, type DetectOptions, type Detected } from './detect.ts';
import type { Symptom } from './symptom.ts';

export const everyFlag = {
  error_detection: 1,
  performance_monitoring: 1,
  pattern_analysis: 1,
  prediction: 1,
};

export class Watched extends Stage {
  readonly book = openSymptoms();
  acts: OwnAct[] = [];
  options: Partial<DetectOptions> = {};

  look(): Detected {
    const options = { flags: everyFlag, ownActs: this.acts, ...this.options };
    return detect(this.book, this.picture, options, this.nowMs);
  }

  /** Keys that began within this time, looked at once a second; `each` comes before every look. */
  lookFor(ms: number, each: () => void = () => {}): readonly string[] {
    const began: string[] = [];
    for (let past = 0; past < ms; past += 1_000) {
      this.wait(1_000);
      each();
      began.push(...this.look().began.map(({ key }) => key));
    }
    return began;
  }

  /** Readings every five seconds for this long; `values` gets the seconds since it began. */
  sample(
    ms: number,
    values: (second: number) => Readonly<Record<string, number>>,
    everyMs = 5_000,
  ): readonly string[] {
    const began: string[] = [];
    for (let past = 0; past < ms; past += everyMs) {
      this.wait(everyMs);
      const samples = Object.entries(values(past / 1_000)).map(([name, value]): Sample => {
        const cut = name.lastIndexOf(' ');
        return { subject: name.slice(0, cut), metric: name.slice(cut + 1) as Metric, value };
      });
      this.see({ kind: 'sampled', atMs: this.nowMs, samples });
      began.push(...this.look().began.map(({ key }) => key));
    }
    return began;
  }

  log(name: string, ...lines: readonly string[]): void {
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    this.see({
      kind: 'lines',
      atMs: this.nowMs,
      service: name,
      instance: `${name}.1`,
      lines,
      skippedLines: 0,
      bytes,
    });
  }

  showing(): readonly Symptom[] {
    const { began, going } = this.look();
    return [...began, ...going];
  }

  /** Reproducible noise in [-1, 1). */
  noise(salt = 0): number {
    const mixed = Math.imul((this.nowMs / 1_000 + salt * 7_919) | 0, 0x9e3779b1);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 31 - 1;
  }
}
