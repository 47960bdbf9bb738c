// Every page of the provider: answered with the keyboard alone, looked at in light and dark, wide and as a phone.
import * as client from 'openid-client';
import { WIDE, picture, pocketNotes } from './pocket_notes.mjs';
import { Authenticator, Listener, launch } from './provider_person.mjs';
import { check, equal, finish, part } from './tally.mjs';

const wanted = JSON.parse(process.argv[2]);
const { issuer, guarded, person } = wanted;

const browser = await launch(wanted.chromium);
const listener = await Listener.open(wanted.port);
const { config, request } = await pocketNotes(
  issuer,
  listener,
  'openid profile email notes:read notes:write calendar:read calendar:write files:read offline_access',
  { grant_types: ['authorization_code', 'refresh_token'] },
);

/** What a page must be for everybody, and its pictures. */
const look = async (page, name, scripts = 0) => {
  await page.waitForLoadState('load');
  const about = await page.evaluate(() => {
    const fields = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')];
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    return {
      scripts: document.scripts.length,
      language: document.documentElement.lang,
      title: document.title !== '',
      headings: document.querySelectorAll('h1').length,
      unnamed: fields.filter((field) => !field.labels?.length).map((field) => field.name),
      twice: ids.filter((id, place) => ids.indexOf(id) !== place),
      dangling: [...document.querySelectorAll('[aria-describedby], [aria-labelledby]')]
        .flatMap((element) => `${element.getAttribute('aria-describedby') ?? ''} ${element.getAttribute('aria-labelledby') ?? ''}`.split(/\s+/))
        .filter((id) => id && !document.getElementById(id)),
    };
  });
  equal(`${name}: for everybody`, about, { scripts, language: 'en', title: true, headings: 1, unnamed: [], twice: [], dangling: [] });
  await picture(page, wanted.screens, `provider-${name}`, name);
};

/** Where the keyboard is: the words beside it, and whether one can see that it is there. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === document.body) return { words: '' };
    const style = getComputedStyle(element);
    return {
      words: (element.labels?.[0]?.innerText ?? element.innerText ?? '').trim().replace(/\s+/g, ' '),
      seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    };
  });

/**
 * Types into the field that the page puts the keyboard in. A browser does that when it first draws the page, which may be
 * after the page has loaded: what is typed before goes nowhere.
 */
const typeAt = async (page, words, text) => {
  const until = Date.now() + 10_000;
  let place = await focused(page);
  while (!words.test(place.words)) {
    if (Date.now() > until) throw new Error(`the keyboard is not at ${words} but at "${place.words}"`);
    await page.waitForTimeout(20);
    place = await focused(page);
  }
  await page.keyboard.type(text);
};

/** Presses Tab until the keyboard is at something with these words. */
const tabTo = async (page, words) => {
  const passed = [];
  for (let step = 0; step < 40; step += 1) {
    const place = await focused(page);
    if (words.test(place.words)) return check(`one sees where the keyboard is: ${place.words}`, place.seen);
    passed.push(place.words);
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not come to ${words}; it was at ${passed.join(' | ')}`);
};

/** Presses a key that leads to another page. */
const press = async (page, key) => {
  await Promise.all([page.waitForEvent('framenavigated'), page.keyboard.press(key)]);
  await page.waitForLoadState('load');
};

const heading = (page) => page.locator('h1').innerText();
const context = await browser.newContext({ viewport: WIDE });
const page = await context.newPage();
const complaints = [];
page.on('pageerror', (error) => complaints.push(String(error)));
page.on('console', (message) => {
  // A refused form is an answer of 4xx, which the console reports as an error of the page.
  const expected = /status of 4\d\d/.test(message.text());
  if (message.type() === 'error' && !expected) complaints.push(message.text());
});
let tokens;

await part('with the keyboard alone', async () => {
  const { url, checks } = await request();
  await page.goto(url.href);
  await look(page, 'sign-in');
  await typeAt(page, /^User name or email$/, guarded.name);
  await tabTo(page, /^Password$/);
  await page.keyboard.type('certainly wrong');
  await press(page, 'Enter');
  await look(page, 'sign-in-refused');
  await typeAt(page, /^Password$/, guarded.password);
  await tabTo(page, /^Sign in$/);
  await press(page, 'Space');
  equal('the second step', await heading(page), 'Second step');
  await look(page, 'second-factor');
  await page.keyboard.type('000000');
  await press(page, 'Enter');
  await look(page, 'second-factor-refused');
  await page.keyboard.type(new Authenticator(guarded.second_factor).code());
  await press(page, 'Enter');
  equal('consent', await heading(page), 'Allow this app to connect?');
  await look(page, 'consent');
  await tabTo(page, /^Create, change and delete calendars/);
  const box = () => page.evaluate(() => [document.activeElement.value, document.activeElement.checked]);
  const [unticked] = await box();
  await page.keyboard.press('Space');
  equal('the space bar unticks', await box(), [unticked, false]);
  await tabTo(page, /^Allow$/);
  await press(page, 'Enter');
  const back = await listener.next();
  tokens = await client.authorizationCodeGrant(config, back.url, checks);
  check('what was unticked is not given', !tokens.scope.split(' ').includes(unticked), `${unticked} in ${tokens.scope}`);
  check('the rest is', tokens.scope.split(' ').includes('notes:write'), tokens.scope);
});

await part('connected apps, with the keyboard alone', async () => {
  const address = `${config.serverMetadata().authorization_endpoint.replace(/\/authorize$/, '')}/connected`;
  await page.goto(address);
  equal('heading', await heading(page), 'Connected apps');
  await look(page, 'connected');
  await tabTo(page, /^Create, change and delete notes/);
  await page.keyboard.press('Space');
  await tabTo(page, /^Save/);
  await press(page, 'Enter');
  check('it says that it was done', await page.getByRole('status').isVisible());
  await look(page, 'connected-narrowed');
  await tabTo(page, /^Disconnect/);
  await press(page, 'Enter');
  check('it is gone', !(await page.locator('main').innerText()).includes('Pocket Notes\n'), await page.locator('main').innerText());
  await look(page, 'connected-none');
  const dead = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  equal('its tokens are dead', dead.status, 401);
});

await part('denial, with the keyboard alone', async () => {
  await page.goto((await request({ prompt: 'consent' })).url.href);
  await tabTo(page, /^Deny$/);
  await press(page, 'Space');
  equal('the program is told', (await listener.next()).url.searchParams.get('error'), 'access_denied');
});

await part('signing out, with the keyboard alone', async () => {
  await page.goto(config.serverMetadata().end_session_endpoint);
  equal('it asks', await heading(page), 'Sign out?');
  await look(page, 'logout');
  await tabTo(page, /^Sign out$/);
  await press(page, 'Enter');
  equal('it says so', await heading(page), 'Signed out');
  await look(page, 'signed-out');
});

await part('pages that end', async () => {
  const unknown = (await request()).url;
  unknown.searchParams.set('client_id', 'x'.repeat(64));
  await page.goto(unknown.href);
  await look(page, 'unknown-client');
  // The page of a person who went away for long: its form is not known any more.
  await page.goto((await request()).url.href);
  await context.clearCookies();
  await typeAt(page, /^User name or email$/, person.name);
  await tabTo(page, /^Password$/);
  await page.keyboard.type(person.password);
  await press(page, 'Enter');
  await look(page, 'start-again');
});

await part('no script is needed', async () => {
  const plain = await browser.newContext({ viewport: WIDE, javaScriptEnabled: false });
  const page = await plain.newPage();
  const { url, checks } = await request({ response_mode: 'form_post' });
  await page.goto(url.href);
  await typeAt(page, /^User name or email$/, person.name);
  await tabTo(page, /^Password$/);
  await page.keyboard.type(person.password);
  await press(page, 'Enter');
  await tabTo(page, /^Allow$/);
  await press(page, 'Enter');
  equal('on the way', await heading(page), 'One moment');
  await look(page, 'form-post', 1);
  await tabTo(page, /^Continue$/);
  await press(page, 'Enter');
  const back = await listener.next();
  equal('posted', back.method, 'POST');
  const input = new Request(listener.uri, { method: 'POST', body: back.form });
  check('tokens', (await client.authorizationCodeGrant(config, input, checks)).access_token);
  await plain.close();
});

equal('the browser has nothing to complain about', complaints, []);
await browser.close();
listener.close();
finish();
