// People in browsers, for scripts in another language: one request and one answer a line.
import readline from 'node:readline';
import { IssuerPerson } from './issuer_person.mjs';
import { McpPerson } from './mcp_person.mjs';
import { launch } from './provider_person.mjs';

const browser = await launch(process.argv[2]);
const people = new Map();

const operations = {
  /** `person` names a browser profile, which lasts. `elsewhere`: the issuer is not the MCP server. */
  async connect({ person, user, url, screens, scheme, elsewhere, ...choices }) {
    if (!people.has(person)) people.set(person, await (elsewhere ? IssuerPerson : McpPerson).open(browser, user, { screens, scheme }));
    const at = people.get(person);
    return { ...(await at.connect(url, choices)), complaints: at.complaints };
  },
};

const answer = async (line) => {
  const request = JSON.parse(line);
  let said;
  try {
    said = { id: request.id, result: await operations[request.operation](request) };
  } catch (error) {
    said = { id: request.id, error: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
};

for await (const line of readline.createInterface({ input: process.stdin })) void answer(line);
await browser.close();
process.exit(0);
