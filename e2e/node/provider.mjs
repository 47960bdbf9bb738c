// Strict clients (openid-client, oauth4webapi) and a browser against the OpenID provider.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { Authenticator, Listener, answer, launch } from './provider_person.mjs';
import { check, equal, finish, part, refused } from './tally.mjs';

const wanted = JSON.parse(process.argv[2]);
const { issuer, person, guarded } = wanted;
const insecure = { [oauth.allowInsecureRequests]: true };
const execute = [client.allowInsecureRequests];

const browser = await launch(wanted.chromium);
const listener = await Listener.open(wanted.port);
const words = (scope) => scope.split(' ').sort();

const register = async (metadata = {}, authentication) => {
  const full = {
    client_name: `Strict client ${randomUUID().slice(0, 8)}`,
    redirect_uris: [listener.uri],
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'openid profile email notes:read notes:write files:read offline_access',
    token_type: 'jwt',
    ...metadata,
  };
  const config = await client.dynamicClientRegistration(new URL(issuer), full, authentication, { execute });
  return config;
};

/** One whole authorization; `parameters` are added to the request, `options` say what the person does. */
const authorize = async (config, parameters = {}, options = {}) => {
  const context = options.context ?? (await browser.newContext());
  const verifier = client.randomPKCECodeVerifier();
  const checks = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const request = {
    redirect_uri: listener.uri,
    scope: 'openid profile email notes:read notes:write',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  };
  const build = options.pushed ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl;
  const url = await build(config, request, { DPoP: options.dpop });
  const page = await context.newPage();
  await page.goto(url.href);
  const seen = await answer(page, options.person ?? person, options);
  const back = seen.pages.at(-1) === 'back' ? await listener.next() : null;
  if (!options.context) await context.close();
  return { url, back, seen, checks, context };
};

const redeem = (config, { back, checks }, dpop) => {
  const input = back.method === 'POST' ? new Request(listener.uri, { method: 'POST', body: back.form }) : back.url;
  return client.authorizationCodeGrant(config, input, { ...checks, idTokenExpected: true }, undefined, { DPoP: dpop });
};

const verify = async (config, tokens, scope) => {
  const server = config.serverMetadata();
  const keys = jose.createRemoteJWKSet(new URL(server.jwks_uri));
  const id = await jose.jwtVerify(tokens.id_token, keys, { issuer, audience: config.clientMetadata().client_id });
  const hash = { 256: 'SHA-256', 384: 'SHA-384', 512: 'SHA-512' }[id.protectedHeader.alg.slice(2)] ?? 'SHA-512';
  const half = Buffer.from(await crypto.subtle.digest(hash, Buffer.from(tokens.access_token)));
  equal('at_hash', id.payload.at_hash, half.subarray(0, half.length / 2).toString('base64url'));
  const access = await jose.jwtVerify(tokens.access_token, keys, { issuer, typ: 'at+jwt' });
  equal('scopes in the access token', words(access.payload.scope), words(scope));
  equal('scopes in the answer', words(tokens.scope), words(scope));
  equal('one person in both tokens', access.payload.sub, id.payload.sub);
  equal('the client', access.payload.client_id, config.clientMetadata().client_id);
  equal('public keys only', (await (await fetch(server.jwks_uri)).json()).keys.filter((key) => key.d || key.k), []);
  return { id: id.payload, access: access.payload };
};

let everyday;

await part('openid-client: everything in a row', async () => {
  const config = (everyday = await register({
    token_endpoint_auth_method: 'client_secret_post',
  }));
  check('a secret was given', /^[0-9a-f]{64}$/.test(config.clientMetadata().client_secret));
  const done = await authorize(config, { scope: 'openid profile email notes:read offline_access' });
  equal('pages', done.seen.pages, ['sign-in', 'consent', 'back']);
  check('the account is shown', done.seen.text.consent.toLowerCase().includes(person.name), done.seen.text.consent);
  check('the registration is shown', done.seen.text.consent.includes('unverified'), done.seen.text.consent);
  equal('iss', done.back.url.searchParams.get('iss'), issuer);
  const tokens = await redeem(config, done);
  const { id } = await verify(config, tokens, 'openid profile email notes:read offline_access');
  const about = await client.fetchUserInfo(config, tokens.access_token, id.sub);
  equal('userinfo knows the name', about.preferred_username, person.name);
  check('and the email claim', 'email_verified' in about, about);

  const again = await client.refreshTokenGrant(config, tokens.refresh_token);
  check('refresh tokens rotate', again.refresh_token && again.refresh_token !== tokens.refresh_token);
  const live = await client.tokenIntrospection(config, again.access_token);
  equal('introspection', [live.active, live.iss, live.sub, live.client_id], [true, issuer, id.sub, config.clientMetadata().client_id]);
  const narrow = await client.refreshTokenGrant(config, again.refresh_token, { scope: 'openid notes:read' });
  equal('a narrower refresh', words(narrow.scope), ['notes:read', 'openid']);
  await refused('a wider one', client.refreshTokenGrant(config, narrow.refresh_token, { scope: 'openid notes:write' }), 'invalid_scope');

  await client.tokenRevocation(config, narrow.refresh_token);
  equal('after revocation', await client.tokenIntrospection(config, narrow.access_token), { active: false });
  await refused('the family is dead', client.refreshTokenGrant(config, narrow.refresh_token), 'invalid_grant');
  const dead = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${narrow.access_token}` } });
  equal('userinfo refuses', dead.status, 401);
});

await part('a code is good once', async () => {
  const done = await authorize(everyday, {}, {});
  const tokens = await redeem(everyday, done);
  await refused('second use', redeem(everyday, done), 'invalid_grant');
  equal('and ends what the first gave', await client.tokenIntrospection(everyday, tokens.access_token), { active: false });
});

await part('the person decides', async () => {
  const config = await register();
  const some = await authorize(config, {}, { untick: ['notes:write', 'email'] });
  equal('all boxes', some.seen.scopes.toSorted(), words('openid profile email notes:read notes:write'));
  const tokens = await redeem(config, some);
  const { id } = await verify(config, tokens, 'openid profile notes:read');
  const about = await client.fetchUserInfo(config, tokens.access_token, id.sub);
  check('no address without its scope', !('email' in about), about);
  const context = await browser.newContext();
  const denied = await authorize(config, { prompt: 'consent' }, { context, deny: true });
  equal('denial', ['error', 'state', 'iss', 'code'].map((name) => denied.back.url.searchParams.get(name)), [
    'access_denied', denied.checks.expectedState, issuer, null,
  ]);
  const asked = await authorize(config, { scope: 'openid profile notes:read' }, { context });
  equal('what was granted is not asked again, nor the password', asked.seen.pages, ['back']);
  const silent = await authorize(config, { scope: 'openid files:read', prompt: 'none' }, { context });
  equal('prompt=none with more', silent.back.url.searchParams.get('error'), 'consent_required');
  await context.close();
  const stranger = await authorize(config, { prompt: 'none' });
  equal('prompt=none without sign-in', stranger.back.url.searchParams.get('error'), 'login_required');
});

await part('form_post', async () => {
  const done = await authorize(everyday, { response_mode: 'form_post', prompt: 'consent' });
  equal('method', done.back.method, 'POST');
  equal('nothing in the address', done.back.url.search, '');
  const tokens = await redeem(everyday, done);
  check('tokens', tokens.access_token);
});

await part('pushed authorization requests', async () => {
  const done = await authorize(everyday, {}, { pushed: true });
  equal('the address holds nothing else', [...done.url.searchParams.keys()].toSorted(), ['client_id', 'request_uri']);
  await verify(everyday, await redeem(everyday, done), 'openid profile email notes:read notes:write');
  const context = await browser.newContext();
  const page = await context.newPage();
  const answer = await page.goto(done.url.href);
  check('a second use is refused', answer.status() === 400 || /error=invalid_request/.test(page.url()), `${answer.status()} ${page.url()}`);
  listener.forget();
  await context.close();
});

await part('tokens bound to a key', async () => {
  const config = await register();
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
  const done = await authorize(config, { scope: 'openid profile offline_access' }, { dpop });
  const tokens = await redeem(config, done, dpop);
  equal('token type', tokens.token_type, 'dpop');
  const thumb = jose.decodeJwt(tokens.access_token).cnf?.jkt;
  check('bound in the token', thumb?.length === 43, thumb);
  const sub = tokens.claims().sub;
  equal('userinfo with a proof', (await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: dpop })).sub, sub);
  const bare = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  equal('without one', bare.status, 401);
  const again = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: dpop });
  const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
  const stolen = await client.refreshTokenGrant(config, again.refresh_token, undefined, { DPoP: other }).then(() => null, (error) => error);
  check('refresh with another key', ['invalid_grant', 'invalid_dpop_proof'].includes(stolen?.error), stolen?.error ?? 'was accepted');
});

await part('private_key_jwt', async () => {
  const { privateKey, publicKey } = await client.randomDPoPKeyPair('ES256', { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'one', use: 'sig', alg: 'ES256' };
  const config = await register(
    { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [jwk] } },
    client.PrivateKeyJwt({ key: privateKey, kid: 'one' }),
  );
  check('no secret', !config.clientMetadata().client_secret);
  await verify(config, await redeem(config, await authorize(config)), 'openid profile email notes:read notes:write');
});

await part('oauth4webapi, validating every answer', async () => {
  const server = await oauth.processDiscoveryResponse(
    new URL(issuer),
    await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure }),
  );
  const metadata = { client_id: (await register()).clientMetadata().client_id };
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: metadata.client_id, redirect_uri: listener.uri, response_type: 'code', scope: 'openid notes:read', state, nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', resource: wanted.resource,
  });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url.href);
  await answer(page, person);
  const parameters = oauth.validateAuthResponse(server, metadata, (await listener.next()).url, state);
  await context.close();
  const response = await oauth.authorizationCodeGrantRequest(
    server, metadata, oauth.None(), parameters, listener.uri, verifier,
    { ...insecure, additionalParameters: { resource: wanted.resource } },
  );
  equal('the answer is not stored', response.headers.get('cache-control'), 'no-store');
  const tokens = await oauth.processAuthorizationCodeResponse(server, metadata, response, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(server, response, insecure);
  const request = new Request(wanted.resource, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  const claims = await oauth.validateJwtAccessToken(server, request, wanted.resource, insecure);
  equal('a JWT access token after RFC 9068', claims.aud, wanted.resource);
});

await part('two tabs of one browser', async () => {
  const [one, two] = [await register(), await register()];
  const context = await browser.newContext();
  const begin = async (config, scope) => {
    const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState() };
    const page = await context.newPage();
    await page.goto(client.buildAuthorizationUrl(config, {
      redirect_uri: listener.uri, scope, state: checks.expectedState,
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier), code_challenge_method: 'S256',
    }).href);
    return { checks, page };
  };
  const first = await begin(one, 'openid notes:read');
  const second = await begin(two, 'openid files:read');
  for (const [config, tab, scope] of [[two, second, 'files:read'], [one, first, 'notes:read']]) {
    await answer(tab.page, person);
    const back = await listener.next();
    equal(`state of the tab for ${scope}`, back.url.searchParams.get('state'), tab.checks.expectedState);
    const tokens = await client.authorizationCodeGrant(config, back.url, tab.checks);
    equal(`scopes of the tab for ${scope}`, words(tokens.scope), words(`openid ${scope}`));
  }
  await context.close();
});

await part('other sites', async () => {
  const context = await browser.newContext();
  const start = await context.newPage();
  const url = client.buildAuthorizationUrl(everyday, {
    redirect_uri: listener.uri, scope: 'openid notes:write', state: 's', prompt: 'consent',
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()), code_challenge_method: 'S256',
  });
  await start.goto(url.href);
  await start.getByLabel('User name or email').fill(person.name);
  await start.getByLabel('Password').fill(person.password);
  await start.getByRole('button', { name: 'Sign in' }).click();
  await start.getByRole('button', { name: 'Allow' }).waitFor();
  const form = await start.evaluate(() => ({
    action: document.querySelector('form').action,
    fields: [...new FormData(document.querySelector('form'))],
  }));
  // `localhost` is another site than 127.0.0.1.
  const evil = http.createServer((request, response) => {
    const inputs = form.fields.map(([name, value]) => `<input type=hidden name="${name}" value="${value}">`).join('');
    response.writeHead(200, { 'content-type': 'text/html' }).end(
      request.url === '/frame'
        ? `<!DOCTYPE html><iframe src="${start.url()}"></iframe>`
        : `<!DOCTYPE html><form method=post action="${form.action}">${inputs}<button>Win a prize</button></form>`,
    );
  });
  await new Promise((resolve) => evil.listen(0, '127.0.0.1', resolve));
  const site = `http://localhost:${evil.address().port}`;
  try {
    const page = await context.newPage();
    const complaint = page.waitForEvent('console', (message) => /frame-ancestors|X-Frame-Options/i.test(message.text()));
    await page.goto(`${site}/frame`);
    check('the policy is why', await complaint);
    const inner = page.frames().find((frame) => frame !== page.mainFrame());
    const text = await inner.evaluate(() => document.body.innerText).catch(() => '');
    check('no page of ours in a frame', !/Allow|Sign in/.test(text), text);
    await page.goto(`${site}/form`);
    const [response] = await Promise.all([page.waitForResponse(() => true), page.getByRole('button').click()]);
    equal('a foreign post is refused', response.status(), 403);
    await start.getByRole('button', { name: 'Deny' }).click();
    equal('and nothing was decided by it', (await listener.next()).url.searchParams.get('error'), 'access_denied');
  } finally {
    evil.close();
    await context.close();
  }
});

await part('a second factor', async () => {
  const authenticator = new Authenticator(guarded.second_factor);
  const wrong = await authorize(everyday, {}, { person: guarded });
  equal('without a code there is no end', wrong.seen.pages, ['sign-in', 'second-factor']);
  const code = authenticator.code();
  const done = await authorize(everyday, {}, { person: guarded, code });
  equal('pages', done.seen.pages, ['sign-in', 'second-factor', 'consent', 'back']);
  const { id } = await verify(everyday, await redeem(everyday, done), 'openid profile email notes:read notes:write');
  equal('the ways of signing in are told', id.amr?.toSorted(), ['mfa', 'otp', 'pwd']);
  const again = await authorize(everyday, {}, { person: guarded, code });
  equal('the same code again', again.seen.pages.slice(0, 3), ['sign-in', 'second-factor', 'second-factor']);
});

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  await part(`ID tokens signed with ${alg}`, async () => {
    const config = await register({ id_token_signed_response_alg: alg });
    const done = await authorize(config);
    const tokens = await redeem(config, done);
    equal('as registered', jose.decodeProtectedHeader(tokens.id_token).alg, alg);
    await verify(config, tokens, 'openid profile email notes:read notes:write');
  });
}

await part('a program that acts for itself', async () => {
  const config = await client.discovery(new URL(issuer), wanted.service.id, wanted.service.secret, undefined, { execute });
  const tokens = await client.clientCredentialsGrant(config, { scope: 'notes:read' });
  const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  const { payload } = await jose.jwtVerify(tokens.access_token, keys, { issuer, typ: 'at+jwt' });
  equal('it speaks for itself', [payload.sub, payload.client_id, payload.scope], [wanted.service.id, wanted.service.id, 'notes:read']);
  check('no refresh token and no ID token', !tokens.refresh_token && !tokens.id_token, tokens);
});

await part('sign out', async () => {
  const context = await browser.newContext();
  const done = await authorize(everyday, {}, { context });
  const tokens = await redeem(everyday, done);
  const page = await context.newPage();
  const url = client.buildEndSessionUrl(everyday, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: listener.uri, state: 'after',
  });
  await page.goto(url.href);
  const back = await listener.next();
  equal('state', back.url.searchParams.get('state'), 'after');
  equal('the tokens are dead', await client.tokenIntrospection(everyday, tokens.access_token), { active: false });
  const silent = await authorize(everyday, { prompt: 'none' }, { context });
  equal('nobody is signed in', silent.back.url.searchParams.get('error'), 'login_required');
  await context.close();
});

await browser.close();
listener.close();
finish();
