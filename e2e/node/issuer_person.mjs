// A person whose issuer is elsewhere: signs in and agrees there, at the embedded cloud or at oidc-provider, and gives the MCP
// server access to the Nextcloud.
import { McpPerson, leave } from './mcp_person.mjs';
import { answer } from './provider_person.mjs';

export class IssuerPerson extends McpPerson {
  /** Goes on from an address until a page asks nothing. Says which pages there were, and where it ended. */
  async connect(url, { deny = false, untick = [], cancel = false } = {}) {
    const seen = { pages: [], scopes: [], text: {}, end: null };
    const page = await this.context.newPage();
    try {
      const response = await page.goto(url);
      seen.status = response.status();
      for (let step = 0; step < 10; step += 1) {
        await page.waitForLoadState('load');
        const place = await where(page);
        seen.pages.push(place);
        seen.text[place] = await page.locator('body').innerText();
        if (!place.startsWith('oidc-provider')) await this.look(page, place.toLowerCase().replaceAll(/[^a-z]+/g, '-'));
        if (place === 'sign-in' || place === 'consent') {
          const there = await answer(page, this.user, { deny, untick, pages: 1 });
          seen.scopes = there.scopes.length ? there.scopes : seen.scopes;
        } else if (place === 'oidc-provider') {
          await page.locator('input[name=login]').fill(this.user.subject);
          await page.locator('input[name=password]').fill('any');
          await leave(page, () => page.getByRole('button', { name: 'Sign-in' }).click());
        } else if (place === 'oidc-provider agrees') {
          await leave(page, () => page.getByRole('button', { name: 'Continue' }).click());
        } else if (place === 'give') {
          const name = cancel ? 'Not now' : 'Continue';
          await leave(page, () => page.getByRole('button', { name, exact: true }).click());
        } else if (place === 'waiting') {
          await this.atNextcloud(page, seen);
          await page.waitForFunction(() => document.readyState === 'complete' && !document.querySelector('h1')?.textContent.startsWith('Sign in at '));
        } else {
          return { ...seen, end: page.url() };
        }
      }
      throw new Error(`no end after ${seen.pages.join(', ')}`);
    } finally {
      await page.close();
    }
  }
}

const where = (page) =>
  page.evaluate(() => {
    const heading = document.querySelector('h1')?.textContent ?? '';
    if (document.querySelector('input[name=login]')) return 'oidc-provider';
    if (document.querySelector('input[name=prompt][value=consent]')) return 'oidc-provider agrees';
    if (document.querySelector('input[name=password]')) return 'sign-in';
    if (heading.startsWith('Give access')) return 'give';
    if (heading.startsWith('Sign in at ')) return 'waiting';
    if (document.querySelector('input[name=scope]')) return 'consent';
    return document.title === 'back' ? 'back' : heading;
  });
