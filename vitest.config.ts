/** @file Test runner settings: processes, not threads, because the native library is one per process and uses every core. */
import { defineConfig } from 'vitest/config';

/** Run the native library, or whole commands. */
const apart = ['tests/**/*.native.test.ts', 'tests/journeys/**/*.test.ts'];

export default defineConfig({
  test: {
    globalSetup: ['tests/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // No limit stands for a speed: it only ends what hangs.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    projects: [
      { extends: true, test: { name: 'apart', include: apart } },
      // One process for many files: loading the modules anew for each took longer than most of the tests.
      { extends: true, test: { name: 'together', include: ['tests/**/*.test.ts'], exclude: apart, isolate: false } },
    ],
  },
});
