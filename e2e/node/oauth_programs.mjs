// Programs with the OAuth support of the official TypeScript SDKs. They know nothing but the address of the MCP server.
import { Listener } from './provider_person.mjs';

const sdks = {
  async v1() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const { UnauthorizedError } = await import('@modelcontextprotocol/sdk/client/auth.js');
    const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const client = (open) => showing(new Client({ name: 'e2e', version: '1' }, capabilities(open)), ElicitRequestSchema, open);
    return { client, StreamableHTTPClientTransport, UnauthorizedError };
  },
  async v2() {
    const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await import('@modelcontextprotocol/client');
    const mode = { versionNegotiation: { mode: 'auto' } };
    const client = (open) => showing(new Client({ name: 'e2e', version: '1' }, { ...mode, ...capabilities(open) }), 'elicitation/create', open);
    return { client, StreamableHTTPClientTransport, UnauthorizedError };
  },
};

const capabilities = (open) => (open ? { capabilities: { elicitation: { url: {} } } } : {});

/** Opens the pages that tools ask for, if the program can. */
const showing = (client, request, open) => {
  if (open) client.setRequestHandler(request, ({ params }) => (open(params), { action: 'accept' }));
  return client;
};

/** One program of one person. What it keeps is in `kept`, which outlives it. */
export class Program {
  /** With `opensPages` it can show the person a page when a tool asks for that, and does not wait for the end of it. */
  static async open(sdk, mcpUrl, person, kept = {}, { opensPages = false } = {}) {
    const program = new Program();
    Object.assign(program, { sdk, mcpUrl, person, kept, choices: {}, seen: [], visits: [] });
    program.show = opensPages && (({ mode, url }) => program.visits.push(person.connect(url).then((seen) => ({ ...seen, mode }))));
    program.library = await sdks[sdk]();
    program.listener = await Listener.open(0);
    return program;
  }

  async close() {
    await this.client?.close();
    this.listener.close();
  }

  /** What the SDK asks of a program. */
  provider() {
    const { kept, listener } = this;
    return {
      redirectUrl: listener.uri,
      clientMetadata: {
        client_name: `TypeScript Assistant ${this.sdk}`,
        redirect_uris: [listener.uri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
      state: () => (kept.state = crypto.randomUUID()),
      clientInformation: () => kept.client,
      saveClientInformation: (client) => void (kept.client = client),
      tokens: () => kept.tokens,
      saveTokens: (tokens) => void (kept.tokens = tokens),
      redirectToAuthorization: (url) => void (this.asked = String(url)),
      saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
      codeVerifier: () => kept.verifier,
      saveDiscoveryState: (state) => void (kept.discovery = state),
      discoveryState: () => kept.discovery,
      invalidateCredentials: (what) => {
        if (what === 'all' || what === 'client') delete kept.client;
        if (what === 'all' || what === 'tokens') delete kept.tokens;
      },
    };
  }

  /** Does something, and whenever the SDK says that a person has to come, does it again after that. */
  async withPerson(work) {
    for (let round = 0; round < 3; round += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof this.library.UnauthorizedError) || !this.asked) throw error;
        await this.authorize();
      }
    }
    throw new Error('the SDK asks for a person again and again');
  }

  async authorize() {
    const url = this.asked;
    this.asked = null;
    const seen = await this.person.connect(url, this.choices);
    this.seen.push({ ...seen, url });
    if (!seen.end.startsWith(this.listener.uri)) throw new Error(`the way ended at ${seen.pages.join(', ')}`);
    const { url: answer } = await this.listener.next();
    const said = Object.fromEntries(answer.searchParams);
    if (said.state !== this.kept.state) throw new Error('the state is another one');
    if (said.error) throw new Error(said.error);
    await this.transport.finishAuth(said.code, said.iss);
  }

  async connect() {
    await this.withPerson(async () => {
      await this.client?.close();
      this.client = this.library.client(this.show);
      this.transport = new this.library.StreamableHTTPClientTransport(new URL(this.mcpUrl), { authProvider: this.provider() });
      await this.client.connect(this.transport);
    });
  }

  async tools() {
    return (await this.withPerson(() => this.client.listTools())).tools.map((tool) => tool.name);
  }

  call(name, given) {
    return this.withPerson(() => this.client.callTool({ name, arguments: given }));
  }
}

export const text = (result) => result.content.map((block) => block.text ?? '').join('\n');
