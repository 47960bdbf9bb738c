// The npm package oidc-provider as the issuer of tokens for the MCP endpoint, with its own pages for development.
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const wanted = JSON.parse(process.argv[2]);
const { privateKey } = await generateKeyPair('ES256', { extractable: true });

const provider = new Provider(wanted.issuer, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'one' }] },
  clients: [
    {
      client_id: wanted.id, client_secret: wanted.secret, redirect_uris: [wanted.back], client_name: 'Nextcloud MCP',
      token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'ES256', scope: 'openid',
    },
    {
      client_id: wanted.program, redirect_uris: wanted.backs, client_name: 'Assistant', application_type: 'native',
      token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  scopes: ['openid', 'offline_access', ...wanted.scopes],
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => {
        if (resource !== wanted.resource) throw new Error(`there is no ${resource}`);
        return { scope: wanted.scopes.join(' '), accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
      },
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  cookies: { keys: ['one key'] },
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, RefreshToken: 86400, Session: 86400, Grant: 86400, Interaction: 900 },
});

provider.listen(new URL(wanted.issuer).port, '127.0.0.1', () => console.log(JSON.stringify({ issuer: wanted.issuer })));
