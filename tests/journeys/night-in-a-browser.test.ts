/** @file The page of a night in a real Chromium without a network: whole, readable, accessible, and judging by the same code. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeOutputs } from '../../harness/nightly/output/write-outputs.ts';
import {
  fabricatedNight,
  fabricatedPast,
  fabricatedVerdict,
  noPast,
  quietNight,
  quietVerdict,
} from '../nightly/fabricated-night.ts';
import { accessibilityFaults, browserPresent, offlineBrowser, openPage } from './offline-browser.ts';

let red: string;
let quiet: string;

describe.skipIf(!browserPresent('the page of a night in a browser'))('the page of a night in Chromium', () => {
  const browser = offlineBrowser();

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'browser-'));
    red = writeOutputs(join(folder, 'red'), fabricatedNight, fabricatedVerdict, fabricatedPast)['night.html'];
    quiet = writeOutputs(join(folder, 'quiet'), quietNight, quietVerdict, noPast)['night.html'];
  });

  it.each([
    ['a desktop', { viewport: { width: 1200, height: 900 } }],
    ['a small phone', { viewport: { width: 360, height: 800 } }],
    ['a phone at night', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' }],
    ['a reader without scripts', { viewport: { width: 900, height: 900 }, javaScriptEnabled: false }],
  ] as [string, BrowserContextOptions][])('loads on %s without a request or a complaint', async (_, options) => {
    for (const file of [red, quiet]) {
      const { page, complaints } = await openPage(browser(), file, options);
      await page.waitForLoadState('load');
      expect(complaints).toEqual([]);
      expect(await page.title()).toMatch(/^Night of 2026-03-02: (red|green) /);
      // The page itself has no script to ask: the viewport is what the browser laid out.
      if (options.javaScriptEnabled !== false) {
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport!.width);
      }
    }
  });

  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
  ] satisfies [string, BrowserContextOptions][])('has no fault that axe finds, in %s', async (_, options) => {
    for (const file of [red, quiet]) {
      const { page } = await openPage(browser(), file, options);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
  });

  it('says the verdict first, then what is red, with a way to each row', async () => {
    const { page } = await openPage(browser(), red);
    expect(await page.locator('h1').textContent()).toBe('Night of 2026-03-02: red');
    expect(await page.locator('header .lead').textContent()).toBe(fabricatedVerdict.headline);
    const links = await page.locator('header .verdicts a').allTextContents();
    expect(links).toEqual(['ct-hashes', 'step-copies', 'step-small', 'step-memory', 'data']);
    const dead = await page.evaluate<string[]>(
      `[...document.querySelectorAll('a')].map((a) => a.getAttribute('href')).filter((href) => !href?.startsWith('#') || !document.getElementById(href.slice(1)))`,
    );
    expect(dead).toEqual([]);
  });

  it('is led through by the keyboard: links, tables that scroll, tables under charts, choices', async () => {
    const { page } = await openPage(browser(), red);
    const reached = new Set<string>();
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate<string>(`document.activeElement.id || document.activeElement.tagName.toLowerCase()`),
      );
    }
    for (const one of ['a', 'div', 'summary', 'rejudge-first', 'rejudge-confirm', 'rejudge-margin']) {
      expect([...reached]).toContain(one);
    }
  });

  it('judges again as it judged; another margin or alpha gives other verdicts, and the page says so', async () => {
    const { page, complaints } = await openPage(browser(), red);
    const line = (id: string) => page.locator('#rejudge-output li', { hasText: `${id}, tonight` });
    expect(await page.locator('#rejudge-output li').count()).toBe(5);
    expect(await line('step-small').textContent()).toContain('tonight: regressedregressed.');
    expect(await page.locator('#rejudge-output').textContent()).not.toContain('another verdict');
    await page.selectOption('#rejudge-margin', '0.1');
    expect(await line('step-small').textContent()).toContain('same (another verdict).');
    await page.selectOption('#rejudge-margin', '');
    expect(await line('step-small').textContent()).toContain('tonight: regressedregressed.');
    expect(complaints).toEqual([]);
  });

  it('shows only what works when scripts are off', async () => {
    const { page } = await openPage(browser(), red, { javaScriptEnabled: false });
    expect(await page.locator('#rejudge').isVisible()).toBe(false);
    expect(await page.locator('#rows tbody tr').count()).toBe(14);
  });

  it('shows markup of a value as text', async () => {
    const { page } = await openPage(browser(), red);
    expect(await page.locator('#row-step-memory').textContent()).toContain('<script>alert("not escaped")</script>');
  });
});
