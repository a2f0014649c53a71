/**
 * One file for the whole supervisor: 50 modules cost it 15 MiB for its whole life, and one file is
 * easily copied beside an upgrade. Built from what `tsc` wrote, by `tools/build.mjs`
 * with the dashboard's vite; a plain object, so that the supervisor needs no package.
 */
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

export default {
  root: here,
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: {
    ssr: `${here}dist/supervisor.js`,
    outDir: `${here}dist/bundle`,
    emptyOutDir: true,
    target: 'node24',
    minify: false,
  },
};
