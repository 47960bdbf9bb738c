// A program that registers at the provider and asks for tokens, and pictures of what people see meanwhile.
import * as client from 'openid-client';
import { check } from './tally.mjs';

export const WIDE = { width: 900, height: 700 };
export const PHONE = { width: 360, height: 640 };

/** Registers a public client; its configuration, and what makes authorization requests. */
export const pocketNotes = async (issuer, listener, scope, metadata = {}) => {
  const config = await client.dynamicClientRegistration(
    new URL(issuer),
    {
      client_name: 'Pocket Notes',
      redirect_uris: [listener.uri],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      ...metadata,
    },
    undefined,
    { execute: [client.allowInsecureRequests] },
  );
  const request = async (parameters = {}) => {
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: listener.uri,
      scope,
      state: 'a state',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return { url, checks: { pkceCodeVerifier: verifier, expectedState: 'a state', idTokenExpected: true } };
  };
  return { config, request };
};

/** Pictures of a page in light and dark, wide and as a phone, which shows it whole. */
export const picture = async (page, screens, name, what = name) => {
  for (const [size, viewport] of [['', WIDE], ['-phone', PHONE]]) {
    await page.setViewportSize(viewport);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(`${what}: nothing is wider than the window`, width <= viewport.width, width);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${screens}/${name}-${colorScheme}${size}.png`, fullPage: true });
    }
  }
  await page.setViewportSize(WIDE);
};
