/**
 * One file for the whole supervisor: 50 modules cost it 15 MiB for its whole life, and one file is
 * easily copied beside an upgrade. Built from what `tsc` wrote, by `tools/build.mjs`.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
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
});
