/** Builds the four parts in the order in which they need each other. */
import type { PartDeps, Parts } from './controller.ts';
import { openFiguresPart } from './figures/figures-part.ts';
import { openHealthPart } from './health/health-part.ts';
import { openLogs } from './logs/logs-part.ts';
import { createWhy } from './why/why-part.ts';

export async function buildParts({ link, journal, paths, log, nowMs }: PartDeps): Promise<Parts> {
  const logs = await openLogs({
    logsDir: paths.logsDir,
    runLog: paths.runLog,
    link,
    now: nowMs,
    onTrouble: (cause) => log.warn({ err: cause }, 'log rotation failed'),
  });
  const health = openHealthPart({ link, journal, logs, stateDir: paths.stateDir });
  const figures = openFiguresPart({ link, journal });
  const why = createWhy({ link, health, logs, journal, figures, nowMs });
  return { logs, health, figures, why };
}
