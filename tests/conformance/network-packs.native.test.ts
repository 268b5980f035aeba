/** @file The reference cases of networks, losses, optimizer and sampler: every one within its tolerance on the float32 engine. */
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCases } from '../../harness/conformance/case.ts';
import { kinds } from '../../harness/conformance/kinds.ts';
import { runConformance } from '../../harness/conformance/runner.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

const golden = join(import.meta.dirname, '../golden/networks');

describe("the authors' numbers", () => {
  it.each(findCases([golden]).map((folder) => relative(golden, folder)))(
    'are those of this project: %s',
    async (name) => {
      const [report] = await runConformance([join(golden, name)], {
        kinds,
        loadEngine: async () => {
          await engineForTests();
        },
      });
      expect(report).toMatchObject({ outcome: 'passed' });
    },
  );
});
