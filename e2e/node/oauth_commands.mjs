// Commands with OAuth support of their own: `mcp-remote`, and the command line of the MCP Inspector.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const module = (path) => fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));

// They look for a browser; here there is none, and the address is read from what they say.
const environment = (state) => ({
  PATH: process.env.PATH,
  HOME: state,
  BROWSER: 'true',
  MCP_REMOTE_CONFIG_DIR: `${state}/mcp-remote`,
  MCP_STORAGE_DIR: `${state}/inspector`,
  MCP_INSPECTOR_SECRET_STORE: 'file',
  MCP_AUTO_OPEN_ENABLED: 'true',
});

/** Reads what a command says, and takes the person to every address that it names. */
class Visits {
  constructor(person, choices) {
    Object.assign(this, { person, choices, said: '', seen: [], failed: null, all: [] });
  }

  listen(stream) {
    let rest = '';
    stream.on('data', (data) => {
      this.said += data;
      rest += data;
      for (let found = rest.match(ADDRESS); found; found = rest.match(ADDRESS)) {
        rest = rest.slice(found.index + found[0].length);
        this.visit(found[1]);
      }
    });
  }

  visit(url) {
    const choices = this.choices;
    const visit = this.person.connect(url, choices).then((seen) => this.seen.push({ ...seen, url }));
    this.all.push(visit.catch((error) => (this.failed = error)));
  }

  /** All that were begun, when they have ended. */
  async ended() {
    await Promise.all(this.all);
    if (this.failed) throw this.failed;
    return this.seen;
  }
}

// Whole lines only.
const ADDRESS = /(https?:\/\/\S+\/oauth\/authorize\?\S+)\s/;

/** `mcp-remote` between a client without OAuth and the server. */
export class McpRemote {
  static async open(mcpUrl, person, state, { more = [], choices = {} } = {}) {
    const remote = new McpRemote();
    remote.visits = new Visits(person, choices);
    remote.client = new Client({ name: 'e2e', version: '1' });
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [module('mcp-remote/dist/proxy.js'), mcpUrl, '--auth-timeout', '60', ...more],
      env: environment(state),
      stderr: 'pipe',
    });
    remote.visits.listen(transport.stderr);
    try {
      await remote.client.connect(transport, { timeout: 90_000 });
    } catch (error) {
      await transport.close();
      throw Object.assign(error, { said: remote.visits.said, failed: remote.visits.failed, seen: remote.visits.seen });
    }
    return remote;
  }

  async tools() {
    return (await this.client.listTools()).tools.map((tool) => tool.name);
  }

  call(name, given) {
    return this.client.callTool({ name, arguments: given }, { timeout: 90_000 });
  }

  close() {
    return this.client.close();
  }
}

/** One run of the Inspector's command line: its exit code, its output as JSON, and what it said. */
export async function inspector(mcpUrl, person, state, port, parameters, { answer = '' } = {}) {
  const visits = new Visits(person, {});
  const callback = ['--callback-url', `http://127.0.0.1:${port}/oauth/callback`];
  const process_ = spawn(
    process.execPath,
    [module('@modelcontextprotocol/inspector/clients/cli/build/index.js'), '--format', 'json', '--server-url', mcpUrl, ...callback, ...parameters],
    { env: environment(state), timeout: 90_000 },
  );
  visits.listen(process_.stderr);
  let output = '';
  process_.stdout.on('data', (data) => (output += data));
  // The question whether to ask for more is answered when it comes.
  process_.stderr.on('data', () => {
    if (answer && /\[y\/N\]/.test(visits.said)) process_.stdin.end(`${answer}\n`);
  });
  const code = await new Promise((resolve) => process_.on('close', resolve));
  return { code, output, said: visits.said, seen: await visits.ended() };
}
