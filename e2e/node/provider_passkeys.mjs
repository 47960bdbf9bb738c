// Passkeys in a browser with a virtual authenticator: made on the page, used to sign in, removed; and what people see without.
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { WIDE, picture, pocketNotes } from './pocket_notes.mjs';
import { Listener, answer, launch } from './provider_person.mjs';
import { check, equal, finish, part } from './tally.mjs';

const wanted = JSON.parse(process.argv[2]);
const { issuer, person } = wanted;
const OWN = `${issuer}/apps/oidc/connected/passkeys`;

const browser = await launch(wanted.chromium);
const listener = await Listener.open(wanted.port);
const { config, request } = await pocketNotes(issuer, listener, 'openid profile');

const complaints = [];
/** A browser with an authenticator in it, such as a laptop with a fingerprint reader. */
const device = async () => {
  const context = await browser.newContext({ viewport: WIDE });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const expected = /status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !expected) complaints.push(message.text());
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, automaticPresenceSimulation: true } });
  const credentials = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  return { context, page, cdp, authenticatorId, credentials };
};

const look = (page, name) => picture(page, wanted.screens, `passkey-${name}`, name);
const heading = (page) => page.locator('h1').innerText();
const press = async (page, name) => {
  await Promise.all([page.waitForEvent('framenavigated'), page.getByRole('button', { name }).click()]);
  await page.waitForLoadState('load');
};
const follow = async (page, name) => {
  await Promise.all([page.waitForEvent('framenavigated'), page.getByRole('link', { name }).click()]);
  await page.waitForLoadState('load');
};
const signIn = async (page) => {
  await page.getByLabel('User name or email').fill(person.name);
  await page.getByLabel('Password').fill(person.password);
  await press(page, 'Sign in');
};

const laptop = await device();
await part('a passkey is made', async () => {
  const { page } = laptop;
  await page.goto(OWN);
  await signIn(page);
  equal('the list', await heading(page), 'Passkeys');
  await look(page, 'none');
  await follow(page, 'Add a passkey');
  equal('the page', await heading(page), 'Add a passkey');
  await page.getByLabel('Name of the passkey').fill('Laptop');
  await look(page, 'new');
  await press(page, 'Add a passkey');
  check('it says so', await page.getByRole('status').isVisible());
  check('it is listed', (await page.locator('main').innerText()).includes('Laptop'));
  await look(page, 'list');
  const [credential, ...others] = await laptop.credentials();
  equal('one credential', others.length, 0);
  equal('of this host, to be found without a name', [credential.rpId, credential.isResidentCredential], ['localhost', true]);
  check('the handle does not tell who it is', !Buffer.from(credential.userHandle, 'base64').toString('latin1').includes(person.name));
});

await part('it is not made twice', async () => {
  const { page } = laptop;
  await page.goto(`${OWN}/new`);
  await page.getByLabel('Name of the passkey').fill('Again');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.locator('#failed').waitFor({ state: 'visible' });
  equal('one credential still', (await laptop.credentials()).length, 1);
});

await part('it signs in', async () => {
  const { page } = laptop;
  await laptop.context.clearCookies();
  const { url, checks } = await request();
  await page.goto(url.href);
  equal('no script on the page of the password', await page.evaluate(() => document.scripts.length), 0);
  await look(page, 'link');
  await follow(page, 'Sign in with a passkey');
  equal('the page', await heading(page), 'Sign in with a passkey');
  await look(page, 'sign-in');
  const policy = (await page.request.get(page.url())).headers()['content-security-policy'];
  equal('one script by its hash', policy.match(/script-src ([^;]*);/)[1].replace(/[A-Za-z0-9+/]{43}=/, 'HASH'), "'sha256-HASH'");
  // That request took the place of the page's challenge.
  await page.reload();
  await press(page, 'Use a passkey');
  const seen = await answer(page, person);
  equal('nothing but consent is asked', seen.pages, ['consent', 'back']);
  const tokens = await client.authorizationCodeGrant(config, (await listener.next()).url, checks);
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  const { payload } = await jwtVerify(tokens.id_token, keys, { issuer });
  equal('two factors', [payload.acr, payload.amr.slice(1)], ['2', ['user', 'mfa']]);
  check('the time of the sign-in', Math.abs(payload.auth_time - Date.now() / 1000) < 60, payload.auth_time);
  equal('whose it is', (await client.fetchUserInfo(config, tokens.access_token, payload.sub)).preferred_username, person.name);
});

await part('who cancels can go on', async () => {
  const { page, cdp, authenticatorId } = laptop;
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
  await page.goto((await request({ prompt: 'login' })).url.href);
  await follow(page, 'Sign in with a passkey');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.locator('#failed').waitFor({ state: 'visible' });
  await look(page, 'failed');
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
  await press(page, 'Use a passkey');
  check('it went on to the program, which is allowed already', page.url().startsWith(listener.uri), page.url());
  await page.goto((await request({ prompt: 'login' })).url.href);
  await follow(page, 'Sign in with a passkey');
  await follow(page, 'Sign in with your password');
  equal('back at the password', await heading(page), 'Sign in');
  listener.forget();
});

await part('removed, it signs nobody in', async () => {
  const { page } = laptop;
  await page.goto(OWN);
  check('its last use is told', !(await page.locator('dl').innerText()).includes('never'), await page.locator('dl').innerText());
  await press(page, 'Remove');
  check('it is gone', (await page.locator('main').innerText()).includes('There is none yet'));
  await page.goto((await request({ prompt: 'login' })).url.href);
  await follow(page, 'Sign in with a passkey');
  await press(page, 'Use a passkey');
  check('it is refused', (await page.getByRole('alert').first().innerText()).includes('cannot be used here'));
  await look(page, 'refused');
});

await part('without scripts', async () => {
  const plain = await browser.newContext({ viewport: WIDE, javaScriptEnabled: false });
  const page = await plain.newPage();
  const { url } = await request();
  await page.goto(url.href);
  await follow(page, 'Sign in with a passkey');
  check('the page says what is missing', (await page.locator('main').innerText()).includes('A passkey needs a script'));
  await look(page, 'no-script');
  await follow(page, 'Sign in with your password');
  await signIn(page);
  check('the password works', page.url().startsWith(listener.uri), page.url());
  await plain.close();
});

equal('the browser has nothing to complain about', complaints, []);
await browser.close();
listener.close();
finish();
