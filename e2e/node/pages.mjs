// Every page that there is, in every state, by the rules of axe-core: WCAG 2.2 A and AA and its own best practices.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { check, finish, part } from './tally.mjs';

const folder = process.argv[2];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const names = readdirSync(folder).filter((name) => name.endsWith('.html')).sort();
check('there are pages', names.length > 40, names);

const browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(), args: ['--no-sandbox'] });
/** What the rules say of a page. */
const judge = async (page, name) => {
  await page.goto(pathToFileURL(join(folder, name)).href, { waitUntil: 'load' });
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations', 'passes'] }));
  const told = violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
  return { told, rules: passes.length };
};

for (const [size, viewport] of [['wide', { width: 900, height: 700 }], ['phone', { width: 360, height: 640 }]]) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport, colorScheme });
    // A page that leads on by itself stays where it is.
    await context.addInitScript(() => {
      HTMLFormElement.prototype.submit = () => {};
    });
    const page = await context.newPage();
    await part(`every page, ${size}, ${colorScheme}`, async () => {
      for (const name of names) {
        const { told, rules } = await judge(page, name);
        check(`${name}, ${size}, ${colorScheme}`, told.length === 0 && rules > 10, { told, rules });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        check(`${name}, ${size}: nothing is wider than the window`, width <= viewport.width, width);
      }
    });
    await context.close();
  }
}

await part('the rules can fail', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.setContent('<html><title>x</title><body><input><p style="color:#999;background:#fff">pale</p></body></html>');
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  const told = violations.map((rule) => rule.id);
  for (const rule of ['html-has-lang', 'label', 'color-contrast']) check(rule, told.includes(rule), told);
});
await browser.close();
finish();
