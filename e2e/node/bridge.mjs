// One TypeScript client, driven over standard input and output: one request and one answer a line.
import readline from 'node:readline';

const versions = {
  async v1({ target, headers }) {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const client = new Client({ name: 'e2e', version: '1' });
    if (typeof target === 'string') {
      const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
      return [client, new StreamableHTTPClientTransport(new URL(target), { requestInit: { headers } })];
    }
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    return [client, new StdioClientTransport(target)];
  },
  async v2({ target, headers, mode }) {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const client = new Client({ name: 'e2e', version: '1' }, { versionNegotiation: { mode } });
    if (typeof target === 'string') {
      return [client, new StreamableHTTPClientTransport(new URL(target), { requestInit: { headers } })];
    }
    const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
    return [client, new StdioClientTransport(target)];
  },
};

let client;
let callTool;

const operations = {
  async open(request) {
    const [opened, transport] = await versions[request.sdk](request);
    await opened.connect(transport);
    client = opened;
    // The first version takes the schema of the result in between.
    callTool = request.sdk === 'v1' ? (params, options) => client.callTool(params, undefined, options) : (...all) => client.callTool(...all);
    const version = opened.getNegotiatedProtocolVersion?.() ?? transport.protocolVersion ?? null;
    return { version };
  },
  tools: () => client.listTools(),
  async call({ name, arguments: given, progress: wanted }) {
    const progress = [];
    const options = wanted ? { onprogress: (note) => progress.push(note.progress) } : undefined;
    return { ...(await callTool({ name, arguments: given }, options)), progress };
  },
  resources: () => client.listResources(),
  templates: () => client.listResourceTemplates(),
  read: ({ uri }) => client.readResource({ uri }),
  complete: ({ template, name, value }) =>
    client.complete({ ref: { type: 'ref/resource', uri: template }, argument: { name, value } }),
  async close() {
    await client.close();
    return {};
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = { id: request.id, result: await operations[request.operation](request) };
  } catch (error) {
    answer = { id: request.id, error: { code: error.code ?? null, message: String(error.message ?? error) } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
