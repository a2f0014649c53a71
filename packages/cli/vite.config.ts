/**
 * The CLI in a few files: it starts more often than it works, and finding, reading and linking two
 * hundred modules took most of a call's time. Each command stays a chunk of its own. Beside `dist`,
 * so that paths relative to a module mean the same. Built from what `tsc` wrote, by
 * `tools/build.mjs`.
 */
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

export default {
  root: here,
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: {
    ssr: true,
    rollupOptions: {
      // The one finds its files beside itself, the other must be one and the same class everywhere.
      external: [/^@fettle\/controller\//, /\/sdk\/(dist\/)?fettle-error(\.js)?$/],
      output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      input: { 'run-cli': `${here}dist/run-cli.js`, interrupts: `${here}dist/interrupts.js` },
    },
    outDir: `${here}bundle`,
    emptyOutDir: true,
    target: 'node24',
    minify: false,
  },
};
