// A person who connects an assistant to the MCP server: at the server's pages, and at the Nextcloud in a tab of its own.

const WIDE = { width: 900, height: 700 };
const PHONE = { width: 360, height: 640 };

/** One browser profile. */
export class McpPerson {
  static async open(browser, user, { scheme = 'light', screens = null, prefix = 'mcp-oauth' } = {}) {
    const person = new this();
    person.context = await browser.newContext({ colorScheme: scheme, viewport: WIDE });
    person.user = user;
    person.pictures = screens && ((name) => `${screens}/${prefix}-${name}-${scheme}`);
    person.complaints = [];
    person.context.on('weberror', (error) => person.complaints.push(String(error.error())));
    person.context.on('console', (message) => {
      // What a page of the client itself lacks is no complaint about the server.
      if (message.type() === 'error' && !message.text().includes('Failed to load resource')) person.complaints.push(message.text());
    });
    return person;
  }

  close() {
    return this.context.close();
  }

  /**
   * Goes from an authorization address to the client's own page.
   * Says which pages there were, what the consent page offered, and where it ended.
   */
  async connect(url, { deny = false, untick = [] } = {}) {
    const seen = { pages: [], scopes: [], text: {}, end: null };
    const page = await this.context.newPage();
    try {
      const server = new URL(url).origin;
      await page.goto(url);
      for (let step = 0; step < 6; step += 1) {
        await page.waitForLoadState('load');
        if (new URL(page.url()).origin !== server) return { ...seen, end: page.url() };
        const place = await where(page);
        seen.pages.push(place);
        seen.text[place] = await page.locator('main').innerText();
        await this.look(page, place.toLowerCase().replaceAll(' ', '-'));
        if (place === 'start') {
          await leave(page, () => page.getByRole('button', { name: /^Sign in with / }).click());
        } else if (place === 'waiting') {
          // The page goes on by itself as soon as the Nextcloud knows the answer.
          await this.atNextcloud(page, seen);
          await page.waitForFunction(() => document.readyState === 'complete' && !document.querySelector('h1')?.textContent.startsWith('Sign in at '));
        } else if (place === 'consent') {
          seen.scopes = await page.locator('input[type=checkbox][name=scope]').evaluateAll((boxes) => boxes.map((box) => box.value));
          for (const scope of untick) await page.locator(`input[type=checkbox][value="${scope}"]`).uncheck();
          await leave(page, () => page.getByRole('button', { name: deny ? 'Deny' : 'Allow', exact: true }).click());
        } else {
          return { ...seen, end: page.url() };
        }
      }
      throw new Error(`no end after ${seen.pages.join(', ')}`);
    } finally {
      await page.close();
    }
  }

  async atNextcloud(page, seen) {
    const [tab] = await Promise.all([this.context.waitForEvent('page'), page.getByRole('link', { name: /^Open / }).click()]);
    await tab.getByLabel('User name or email').fill(this.user.name);
    await tab.getByLabel('Password').fill(this.user.password);
    await tab.getByLabel('Password').press('Enter');
    const button = tab.getByRole('button', { name: 'Grant access' });
    await button.waitFor();
    seen.text.grant = await tab.locator('main').innerText();
    await this.look(tab, 'grant');
    await button.click();
    await tab.getByText('You can close this window').waitFor();
    await tab.close();
  }

  /** Looks at one page. */
  async visit(url, name) {
    const page = await this.context.newPage();
    await page.goto(url);
    await this.look(page, name);
    const text = await page.locator('main').innerText();
    await page.close();
    return text;
  }

  /** Pictures, wide and as a phone. */
  async look(page, name) {
    if (!this.pictures) return;
    for (const [size, viewport] of [['-phone', PHONE], ['', WIDE]]) {
      await page.setViewportSize(viewport);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > viewport.width) this.complaints.push(`${name}: ${width} wide`);
      await page.screenshot({ path: `${this.pictures(name)}${size}.png`, fullPage: true });
    }
  }
}

/** Does something that leads to another page, and waits for that. */
export const leave = (page, act) => Promise.all([page.waitForEvent('framenavigated'), act()]);

const where = (page) =>
  page.evaluate(() => {
    const heading = document.querySelector('h1')?.textContent ?? '';
    if (heading === 'Sign in with your Nextcloud') return 'start';
    if (heading.startsWith('Sign in at ')) return 'waiting';
    if (document.querySelector('input[name=scope]')) return 'consent';
    return heading;
  });
