// The npm package oidc-provider, set up to do the same work as ours: one person who is always signed in and agrees.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const wanted = JSON.parse(process.argv[2]);
const port = wanted.port;
const issuer = `http://127.0.0.1:${port}`;
const resource = `${issuer}/api`;
const scope = 'openid profile email notes:read offline_access';

const { privateKey } = await generateKeyPair('ES256', { extractable: true });

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'one' }] },
  clients: [
    {
      client_id: wanted.id, client_secret: wanted.secret, redirect_uris: [wanted.back], token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: 'ES256',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], scope: `${scope} notes:write`,
    },
  ],
  scopes: ['openid', 'offline_access', 'notes:read', 'notes:write'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_, __, oneOf) => oneOf ?? (undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'notes:read notes:write', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Alice', email: 'alice@example.org', email_verified: false }) }),
  loadExistingGrant: async (context) => {
    const grant = new context.oidc.provider.Grant({ clientId: context.oidc.client.clientId, accountId: context.oidc.session.accountId });
    grant.addOIDCScope(scope);
    grant.addResourceScope(resource, 'notes:read notes:write');
    await grant.save();
    return grant;
  },
  interactions: { url: (_, interaction) => `/agree/${interaction.uid}` },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (_, client, code) => code.scopes.has('offline_access'),
  expiresWithSession: async () => false,
  cookies: { keys: ['one key'] },
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, RefreshToken: 86400, Session: 86400, Grant: 86400, Interaction: 900, ClientCredentials: 300 },
});

const callback = provider.callback();
createServer(async (request, response) => {
  if (request.url.startsWith('/agree/')) {
    return provider.interactionFinished(request, response, { login: { accountId: 'alice' }, consent: {} });
  }
  return callback(request, response);
}).listen(port, '127.0.0.1', () => console.log(JSON.stringify({ issuer })));
