import { defineConfig } from 'vitest/config';

const conditions = ['source'];
/** Not part of `npm test` until they hold on any machine: `npm run drills:test`. */
const drills = ['e2e/drills/{drills,cascade,durable}.test.ts'];
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Real processes on a shared machine: one slow moment is no defect, two in a row are.
    retry: 1,
    coverage: {
      provider: 'v8',
      reportOnFailure: true,
      include: ['packages/*/src/**/*.ts', 'simulation/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.contract.ts', 'packages/dashboard/**'],
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'simulation/src/**/*.test.ts',
            'tidy/**/*.test.ts',
          ],
          isolate: false,
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: drills,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { name: 'drills', include: drills, testTimeout: 300_000, hookTimeout: 120_000 },
      },
    ],
  },
});
