/** Every format that a stack can be written in, with its exporter. */
import type { Draft, ForeignFormat } from '../import/draft.ts';
import type { Source } from '../source/node.ts';
import { exportCompose } from './compose.ts';
import type { Exported } from './exported.ts';
import { exportPackageJson } from './package-json.ts';
import { exportPm2 } from './pm2.ts';
import { exportProcessCompose } from './process-compose.ts';
import { exportProcfile } from './procfile.ts';
import { readOwn } from './read-own.ts';
import { exportSupervisord } from './supervisord.ts';
import { exportSystemd } from './systemd.ts';

const exporters: Readonly<Record<Exclude<ForeignFormat, 'compose'>, (draft: Draft) => Exported>> = {
  procfile: exportProcfile,
  pm2: exportPm2,
  'process-compose': exportProcessCompose,
  supervisord: exportSupervisord,
  systemd: exportSystemd,
  package: exportPackageJson,
};

/** `source`: a fettle.yaml that has been checked and has no problem. */
export function exportStack(source: Source, format: ForeignFormat): Exported {
  if (format === 'compose') return exportCompose(source);
  return exporters[format](readOwn(source, format));
}
