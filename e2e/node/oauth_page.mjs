// A page of another origin on this machine, such as the MCP Inspector's: what its browser lets it do with the server.
import { Listener } from './provider_person.mjs';
import { equal } from './tally.mjs';

export async function fromAPage(browser, mcpUrl) {
  const listener = await Listener.open(0);
  const context = await browser.newContext();
  const page = await context.newPage();
  try {
    await page.goto(listener.uri);
    const seen = await page.evaluate(async ({ mcpUrl, redirect }) => {
      const message = (method, params) => ({
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
          authorization: 'Bearer nothing',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      const refused = await fetch(mcpUrl, message('tools/list', {}));
      const challenge = refused.headers.get('www-authenticate');
      const resource = await (await fetch(/resource_metadata="([^"]+)"/.exec(challenge)[1], { headers: { 'mcp-protocol-version': '2025-11-25' } })).json();
      const [issuer] = resource.authorization_servers;
      const metadata = await (
        await fetch(`${issuer}/.well-known/oauth-authorization-server`, { headers: { 'mcp-protocol-version': '2025-11-25' } })
      ).json();
      const registered = await fetch(metadata.registration_endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: 'Page', redirect_uris: [redirect], token_endpoint_auth_method: 'none' }),
      });
      const client = await registered.json();
      const form = new URLSearchParams({ grant_type: 'authorization_code', code: 'none', client_id: client.client_id, redirect_uri: redirect, code_verifier: 'v'.repeat(43) });
      const token = await fetch(metadata.token_endpoint, { method: 'POST', body: form });
      const revoked = await fetch(metadata.revocation_endpoint, { method: 'POST', body: new URLSearchParams({ token: 'none', client_id: client.client_id }) });
      return {
        refused: refused.status,
        registered: registered.status,
        token: [token.status, (await token.json()).error],
        revoked: revoked.status,
      };
    }, { mcpUrl, redirect: listener.uri });
    equal('from the challenge to the token endpoint', seen, { refused: 401, registered: 201, token: [400, 'invalid_grant'], revoked: 200 });
  } finally {
    await context.close();
    listener.close();
  }
}
