/** @file Test runner settings: processes, not threads, because the native library is one per process and uses every core. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // No limit stands for a speed: it only ends what hangs.
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
});
