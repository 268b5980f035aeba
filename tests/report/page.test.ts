/** @file Rules that the templates and colours of the page keep. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageScript } from '../../harness/report/page/rejudge.ts';

const templates = join(import.meta.dirname, '../../harness/report/page/templates');

describe('the templates', () => {
  const sources = readdirSync(templates, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.hbs'))
    .map((name) => [name, readFileSync(join(templates, name), 'utf8')] as const);

  it.each(sources)('%s puts no value into the page unescaped', (_, source) => {
    expect(source).not.toContain('{{{');
    expect(source).not.toContain('{{&');
    // What passes unescaped is made by this room: charts, the style sheet, the script.
    const trusted = [...source.matchAll(/\{\{trusted (\w+)\}\}/g)].map(([, name]) => name);
    expect(trusted.every((name) => ['chart', 'throughputChart', 'style', 'script'].includes(name!))).toBe(true);
  });

  it.each(sources)('%s loads nothing', (_, source) => {
    expect(source).not.toMatch(/https?:|\/\/[a-z]|url\(|@import/);
  });
});

it('the script of the page is the same every time and cannot end its element', () => {
  const script = pageScript();
  expect(pageScript()).toBe(script);
  expect(script).not.toMatch(/<\/script/i);
  expect(script).not.toMatch(/\bimport\b|\brequire\(|fetch\(/);
});

describe('the colours', () => {
  const style = readFileSync(join(templates, 'style.css'), 'utf8');
  // WCAG 2.2, success criterion 1.4.3: 4.5 for text.
  const leastContrast = 4.5;
  const inks = ['ink', 'muted', 'link', 'good', 'bad', 'open', ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `series-${i}`)];
  const schemes = { light: palette(style.slice(0, style.indexOf('@media'))), dark: palette(darkPart(style)) };

  it.each(Object.entries(schemes))('can be read on both grounds in %s', (_, colours) => {
    for (const ink of inks) {
      for (const ground of ['paper', 'raised']) {
        const ratio = contrast(colours[ink]!, colours[ground]!);
        expect(ratio, `${ink} on ${ground}`).toBeGreaterThanOrEqual(leastContrast);
      }
    }
  });
});

function darkPart(style: string): string {
  const from = style.indexOf('prefers-color-scheme: dark');
  return style.slice(from, style.indexOf('}', from));
}

function palette(css: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, value] of css.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)) found[name!] = value!;
  return found;
}

/** Source: WCAG 2.2, definitions of contrast ratio and relative luminance. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
