/** @file The page in a real Chromium without a network: whole, readable, accessible, and judging by the same code. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../harness/report/report.ts';
import { fixturePapers } from '../report/fixture/claims.ts';
import { fixtureCt, fixtureIct, fixtureScale } from '../report/fixture/recipes.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';
import { accessibilityFaults, browserPresent, offlineBrowser, openPage } from './offline-browser.ts';

/** Between the two, so that the page has the section on choices. */
const tuned = { ...fixtureCt, id: 'shapes-ladder-1-tuning', tuning: fixtureIct.tuning };

let whole: string;
let spoiled: string;
let ladder: string;

describe.skipIf(!browserPresent('the report in a browser'))('the report in Chromium', () => {
  const browser = offlineBrowser();

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'browser-'));
    // At the published scale, so that there are claims to judge; CT is borderline: its interval crosses the margin at 95 %, not at 50 %.
    const published = { ...fixtureScale, maxIntervals: null };
    const atScale = writeFixtureRun(join(folder, 'whole'), { scale: published, gridImages: 16 });
    whole = writeReport(join(folder, 'whole'), atScale, fixturePapers).html;
    const broken = writeFixtureRun(join(folder, 'spoiled'), {
      gridImages: 16,
      spoiled: { 'shapes-ct-seed1': 'diverged', 'shapes-ict-seed2': 'missing' },
      warnings: [{ kind: 'eager-engine' }],
    });
    spoiled = writeReport(join(folder, 'spoiled'), broken, fixturePapers).html;
    const rungs = writeFixtureRun(join(folder, 'ladder'), {
      gridImages: 8,
      recipes: [fixtureCt, tuned, fixtureIct],
      moments: [1_000, 2_000],
    });
    ladder = writeReport(join(folder, 'ladder'), rungs, fixturePapers).html;
  });

  it.each([
    ['a desktop', { viewport: { width: 1200, height: 900 } }],
    ['a phone', { viewport: { width: 390, height: 800 } }],
    ['a phone at night', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }],
    ['a reader without scripts', { viewport: { width: 900, height: 900 }, javaScriptEnabled: false }],
  ] satisfies [string, BrowserContextOptions][])('loads on %s without a request or a complaint', async (_, options) => {
    for (const file of [whole, spoiled]) {
      const { page, complaints } = await openPage(browser(), file, options);
      await page.waitForLoadState('load');
      expect(complaints).toEqual([]);
      expect(await page.title()).toMatch(/^CT \(squared \u2113\u2082, \u03bb\u00a0=\u00a01\) and iCT on shapes/);
    }
  });

  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
  ] satisfies [string, BrowserContextOptions][])('has no fault that axe finds, in %s', async (_, options) => {
    for (const file of [whole, spoiled, ladder]) {
      const { page } = await openPage(browser(), file, options);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });

  it('fits the width of a phone', async () => {
    const { page } = await openPage(browser(), whole, { viewport: { width: 390, height: 800 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  it('shows every image, with words for those who cannot see it', async () => {
    const { page } = await openPage(browser(), whole);
    const images = await page.evaluate<{ alt: string; width: number }[]>(
      `Promise.all([...document.images].map(async (image) => { await image.decode(); return { alt: image.alt, width: image.naturalWidth }; }))`,
    );
    expect(images).toHaveLength(3 * 2 * 2 + 1);
    for (const image of images) {
      expect(image.width).toBeGreaterThan(0);
      expect(image.alt).toMatch(/images/);
    }
    const charts = await page.evaluate<string[]>(
      `[...document.querySelectorAll('svg')].map((svg) => (svg.querySelector('a') ? 'with links, ' : '') + svg.getAttribute('role') + ': ' + svg.getAttribute('aria-label'))`,
    );
    expect(charts.length).toBeGreaterThanOrEqual(7);
    // The links of a chart with the role of an image could not be reached.
    for (const chart of charts) expect(chart).toMatch(/^(img|with links, group): .{20,}/);
  });

  it('enlarges a grid by whole pixels, and goes on by arrows and buttons through moments of training and seeds', async () => {
    const { page, complaints } = await openPage(browser(), ladder);
    const viewer = page.locator('#viewer');
    const caption = viewer.locator('#viewer-caption');
    const label = 'CT (squared \u2113\u2082, \u03bb\u00a0=\u00a01)';
    expect(await viewer.isVisible()).toBe(false);
    await page.locator('button.enlarge').first().click();
    expect(await caption.textContent()).toBe(`${label}, one step, seed 0, at the end`);
    const size = await page.evaluate<{ scale: number; height: number; rendering: string }>(
      `(() => { const image = document.querySelector('#viewer img'); const box = image.getBoundingClientRect(); return { scale: box.width / image.naturalWidth, height: box.height / image.naturalHeight, rendering: getComputedStyle(image).imageRendering }; })()`,
    );
    expect(size.rendering).toBe('pixelated');
    expect(size.scale).toBeGreaterThanOrEqual(3);
    expect([size.scale, size.height]).toEqual([Math.round(size.scale), size.scale]);
    expect(await accessibilityFaults(page)).toEqual([]);

    const source = () => viewer.locator('img').getAttribute('src');
    const end = await source();
    await page.keyboard.press('ArrowLeft');
    expect(await caption.textContent()).toBe(
      `${label}, one step, seed 0, after 2,000 of 4,000 training steps: the first row`,
    );
    expect(await source()).not.toBe(end);
    await page.keyboard.press('ArrowDown');
    expect(await caption.textContent()).toContain('seed 1, after 2,000 of');
    await viewer.getByRole('button', { name: 'earlier' }).click();
    expect(await caption.textContent()).toContain('seed 1, after 1,000 of');
    expect(await viewer.getByRole('button', { name: 'earlier' }).isDisabled()).toBe(true);
    await page.keyboard.press('ArrowLeft');
    expect(await caption.textContent()).toContain('seed 1, after 1,000 of');
    await viewer.getByRole('button', { name: 'previous seed' }).click();
    expect(await viewer.getByRole('button', { name: 'previous seed' }).isDisabled()).toBe(true);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await source()).toBe(end);
    await page.keyboard.press('Escape');
    expect(await viewer.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('shows the moments of training without scripts, and reaches grids by the keyboard with them', async () => {
    const plain = await openPage(browser(), ladder, { javaScriptEnabled: false });
    await plain.page.locator('details.moments summary').first().click();
    expect(await plain.page.locator('details.moments .grid img').first().isVisible()).toBe(true);
    expect(await plain.page.locator('#viewer').count()).toBe(0);
    const { page } = await openPage(browser(), ladder);
    await page.locator('button.enlarge').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#viewer').isVisible()).toBe(true);
  });

  it('leads from every number to something that exists, and says what each table cell stands under', async () => {
    const { page } = await openPage(browser(), spoiled);
    const dead = await page.evaluate<string[]>(
      `[...document.querySelectorAll('a')].map((a) => a.getAttribute('href') ?? a.getAttribute('xlink:href')).filter((href) => !href?.startsWith('#') || !document.getElementById(href.slice(1)))`,
    );
    expect(dead).toEqual([]);
    const doubled = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)`,
    );
    expect(doubled).toEqual([]);
    const bare = await page.evaluate<number>(
      `[...document.querySelectorAll('table')].filter((table) => !table.querySelector('th[scope]')).length`,
    );
    expect(bare).toBe(0);
  });

  it('is led by headings in order', async () => {
    const { page } = await openPage(browser(), whole);
    const levels = await page.evaluate<number[]>(
      `[...document.querySelectorAll('h1,h2,h3,h4')].map((heading) => Number(heading.tagName[1]))`,
    );
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.every((level, i) => i === 0 || level <= levels[i - 1]! + 1)).toBe(true);
  });

  it('judges again as it judged, and a lower confidence turns a borderline verdict', async () => {
    const { page, complaints } = await openPage(browser(), whole);
    const verdict = page.locator('#rejudge-output li', { hasText: 'Published 600' });
    expect(await verdict.textContent()).toContain('inconclusive (n = 3)');
    expect(await page.locator('#claims .verdict').first().textContent()).toContain('inconclusive (n = 3)');
    await page.selectOption('#rejudge-confidence', '0.5');
    expect(await verdict.textContent()).toContain('Published 600: reproduced.');
    await page.locator('#rejudge-margin').fill('1');
    expect(await verdict.textContent()).toContain('inconclusive');
    expect(complaints).toEqual([]);
  });

  it('says nothing more once too few seeds are left', async () => {
    const { page } = await openPage(browser(), whole);
    const first = page.locator('#rejudge-output li').first();
    const label = 'CT (squared \u2113\u2082, \u03bb\u00a0=\u00a01)';
    expect(await first.textContent()).toContain(
      `iCT is better than ${label} on 3 of 3 seeds, by more than the seeds explain.`,
    );
    await page.uncheck('input[name="rejudge-seed"][value="0"]');
    expect(await first.textContent()).toContain('too few, nothing is claimed from fewer than 3');
    await page.uncheck('input[name="rejudge-seed"][value="2"]');
    expect(await first.textContent()).toContain('on 1 of 1 seed: too few');
  });

  it('shows only what works when scripts are off', async () => {
    const { page } = await openPage(browser(), whole, { javaScriptEnabled: false });
    expect(await page.locator('#rejudge').isVisible()).toBe(false);
    expect(await page.locator('#result .card').count()).toBe(2);
  });

  it('shows markup from a recipe as text', async () => {
    const { page } = await openPage(browser(), whole);
    expect(await page.locator('#caveats').textContent()).toContain('<script>alert("not escaped")</script>');
  });

  it('prints the content and leaves out what only works on a screen', async () => {
    const { page } = await openPage(browser(), whole);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect(await page.locator('#rejudge').isVisible()).toBe(false);
    expect(await page.locator('#scores table').first().isVisible()).toBe(true);
  });
});
