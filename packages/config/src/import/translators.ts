/** Every format that is translated, with its translator; Compose is rewritten instead. */
import type { Draft, Foreign, ForeignFormat } from './draft.ts';
import { readPackageJson } from './package-json.ts';
import { readPm2 } from './pm2.ts';
import { readProcessCompose } from './process-compose.ts';
import { readProcfile } from './procfile.ts';
import { readSupervisord } from './supervisord.ts';
import { readSystemd } from './systemd.ts';

export const translators: Readonly<
  Record<Exclude<ForeignFormat, 'compose'>, (foreign: Foreign) => Draft>
> = {
  procfile: readProcfile,
  pm2: readPm2,
  'process-compose': readProcessCompose,
  supervisord: readSupervisord,
  systemd: readSystemd,
  package: readPackageJson,
};
