// A person in a browser at the pages of the authorization server, and the program that waits for the answer.
import { createHmac } from 'node:crypto';
import http from 'node:http';
import { chromium } from 'playwright-core';

export const launch = (path) => chromium.launch({ executablePath: path, args: ['--no-sandbox'] });

/** A program on this machine that listens for answers: query or form post. */
export class Listener {
  static async open(port, path = '/back') {
    const listener = new Listener();
    listener.answers = [];
    listener.waiting = [];
    listener.server = http.createServer(async (request, response) => {
      const body = [];
      for await (const part of request) body.push(part);
      const url = new URL(request.url, listener.origin);
      if (url.pathname !== path) return void response.writeHead(404).end();
      const answer = { method: request.method, url, form: new URLSearchParams(Buffer.concat(body).toString()) };
      const next = listener.waiting.shift();
      if (next) next(answer);
      else listener.answers.push(answer);
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>back</title><p>Back in the app');
    });
    await new Promise((resolve) => listener.server.listen(port, '127.0.0.1', resolve));
    listener.origin = `http://127.0.0.1:${listener.server.address().port}`;
    listener.uri = listener.origin + path;
    return listener;
  }

  next() {
    if (this.answers.length) return Promise.resolve(this.answers.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer came to ${this.uri}`)), 20_000);
      this.waiting.push((answer) => (clearTimeout(timer), resolve(answer)));
    });
  }

  /** What nobody waited for does not answer the next question. */
  forget() {
    this.answers.length = 0;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** An authenticator app, which shows each code once: where the last one was used, that of the next half minute. */
export class Authenticator {
  constructor(uri) {
    let bits = '';
    for (const letter of new URL(uri).searchParams.get('secret')) {
      bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
    }
    this.key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    this.last = 0;
  }

  code() {
    this.last = Math.max(this.last + 1, Math.floor(Date.now() / 30_000));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(this.last));
    const hash = createHmac('sha1', this.key).update(counter).digest();
    return String((hash.readUInt32BE(hash.at(-1) & 15) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
  }
}

const where = (page) =>
  page.evaluate(() => {
    if (document.querySelector('input[name=password]')) return 'sign-in';
    if (document.querySelector('input[name=code]:not([type=hidden])')) return 'second-factor';
    if (document.querySelector('input[name=scope]')) return 'consent';
    return document.title === 'back' ? 'back' : 'other';
  });

/**
 * Answers page after page until the program is reached, or a page comes that asks nothing, or as many as `pages` says.
 * Says which pages there were, and what the boxes of the consent page said.
 */
export async function answer(page, person, { untick = [], deny = false, code = null, pages = 6 } = {}) {
  const seen = { pages: [], scopes: [], text: {} };
  for (let step = 0; step < pages; step += 1) {
    await page.waitForLoadState('load');
    const place = await where(page);
    seen.pages.push(place);
    seen.text[place] = await page.locator('body').innerText();
    if (place === 'sign-in') {
      await page.getByLabel('User name or email').fill(person.name);
      await page.getByLabel('Password').fill(person.password);
      await send(page, page.getByRole('button', { name: 'Sign in' }));
    } else if (place === 'second-factor') {
      if (code === null || seen.pages.indexOf(place) < step) return seen;
      await page.getByLabel(/Code from your authenticator/).fill(code);
      await send(page, page.getByRole('button', { name: 'Sign in' }));
    } else if (place === 'consent') {
      seen.scopes = await page.locator('input[type=checkbox][name=scope]').evaluateAll((boxes) => boxes.map((box) => box.value));
      for (const scope of untick) await page.locator(`input[type=checkbox][value="${scope}"]`).uncheck();
      await send(page, page.getByRole('button', { name: deny ? 'Deny' : 'Allow' }));
    } else {
      return seen;
    }
  }
  if (pages < 6) return seen;
  throw new Error(`no end after ${seen.pages.join(', ')}`);
}

async function send(page, button) {
  await Promise.all([page.waitForEvent('framenavigated'), button.click()]);
}
