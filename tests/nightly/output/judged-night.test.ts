/** @file JSON of a judged night: it keeps its schema, and the published schema is the one that the code has. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgedNightJson, judgedNightSchema, publishedSchema } from '../../../harness/nightly/output/judged-night.ts';
import { fabricatedNight, fabricatedVerdict, quietNight, quietVerdict } from '../fabricated-night.ts';

const published = join(import.meta.dirname, '../../../harness/nightly/night.schema.json');

describe('the JSON of a night', () => {
  it.each([
    ['every kind of verdict', fabricatedNight, fabricatedVerdict],
    ['nothing before it', quietNight, quietVerdict],
  ])('with %s keeps its schema and reads back as written', (_, night, verdict) => {
    const read = judgedNightSchema.parse(JSON.parse(judgedNightJson(night, verdict)));
    expect(read).toEqual({ schema: 'consistency-harness/judged-night@1', verdict, night });
  });

  it('is refused with a verdict that there is none of', () => {
    const text = judgedNightJson(fabricatedNight, fabricatedVerdict).replace(
      '"verdict": "regressed"',
      '"verdict": "fine"',
    );
    expect(judgedNightSchema.safeParse(JSON.parse(text)).success).toBe(false);
  });

  it('has a published schema that is the one of the code', () => {
    const text = `${JSON.stringify(publishedSchema(), null, 2)}\n`;
    if (process.env.UPDATE_REPORT_SNAPSHOT) writeFileSync(published, text);
    // Compared as values: the file is laid out by the formatter.
    expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(text));
  });
});
