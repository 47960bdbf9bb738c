// Real MCP clients connect to the MCP server with its own authorization server; people sign in in headless Chromium.
import { readFileSync, writeFileSync } from 'node:fs';
import { McpPerson } from './mcp_person.mjs';
import { McpRemote, inspector } from './oauth_commands.mjs';
import { Program, text } from './oauth_programs.mjs';
import { fromAPage } from './oauth_page.mjs';
import { pictures } from './oauth_pictures.mjs';
import { launch } from './provider_person.mjs';
import { check, equal, finish, part } from './tally.mjs';

const wanted = JSON.parse(process.argv[2]);
const { mcp_url: mcpUrl, state, users } = wanted;
const SEARCH = 'nc_notes_search_notes';
const CREATE = 'nc_notes_create_note';
const FIRST = ['start', 'waiting', 'consent'];
const memory = `${state}/programs.json`;

const browser = await launch(wanted.chromium);
const note = (title) => ({ title, content: title, category: '' });

const reads = async (what, client) => {
  const found = await client.call(SEARCH, { query: 'Shopping' });
  check(`${what} reads`, !found.isError && text(found).includes('Shopping'), found);
};
const writes = async (what, client) => {
  const written = await client.call(CREATE, note(`Written through ${what}`));
  check(`${what} writes`, !written.isError, written);
};

/** A fresh program that was registered before: the server takes ten registrations a minute from one address. */
const registered = (program) => ({ client: program?.kept.client });

/** One person connects a program of one SDK, which reads, and writes after having asked once more. */
const connects = async (sdk, person) => {
  const program = await Program.open(sdk, mcpUrl, person);
  await program.connect();
  equal('the way of a first sign-in', program.seen[0].pages, FIRST);
  check('the client is named', program.seen[0].text.consent.includes(`TypeScript Assistant ${sdk}`), program.seen[0].text);
  const tools = await program.tools();
  check('it may read', tools.includes('nc_notes_get_note'), tools);
  check('it may not write', !tools.includes(CREATE), tools);
  await reads(sdk, program);
  if (sdk === 'v1') {
    // This SDK refreshes when it is told that its scopes do not suffice, which cannot widen them (RFC 6749 §6), and then
    // says so. A program that has only an access token asks the person.
    const error = await program.call(CREATE, note('refused')).then(() => null, (error) => error);
    check('with a refresh token it gives up', /403|upscoping/.test(String(error)), error);
    delete program.kept.tokens.refresh_token;
    await program.connect();
  }
  await writes(sdk, program);
  equal('it asked for more by itself, which took one consent', program.seen.map((one) => one.pages), [FIRST, ['consent']]);
  const scopes = program.seen[1].scopes;
  check('for what it needs', scopes.includes('notes:write'), scopes);
  await reads(sdk, program);
  equal('nothing is wrong with the pages', person.complaints, []);
  return program;
};

const before = async () => {
  const people = {};
  for (const name of ['alice', 'bob']) people[name] = await McpPerson.open(browser, users[name]);
  const programs = {};
  await part('both TypeScript SDKs, two people at once', async () => {
    [programs.v1, programs.v2] = await Promise.all([connects('v1', people.alice), connects('v2', people.bob)]);
  });
  await part('two people do not see anything of each other', async () => {
    const work = async (program, name, other) => {
      await program.call(CREATE, note(`Diary of ${name}`));
      for (let round = 0; round < 20; round += 1) {
        const found = text(await program.call(SEARCH, { query: 'Diary' }));
        check(`${name} sees the own`, found.includes(`Diary of ${name}`) && !found.includes(`of ${other}`), found);
      }
    };
    await Promise.all([work(programs.v1, 'alice', 'bob'), work(programs.v2, 'bob', 'alice')]);
  });
  await part('a person denies', async () => {
    const program = await Program.open('v2', mcpUrl, people.alice, registered(programs.v2));
    program.choices = { deny: true };
    const error = await program.connect().then(() => null, (error) => error);
    equal('the client is told', error?.message, 'access_denied');
    await program.close();
  });
  await part('mcp-remote', async () => {
    const person = await McpPerson.open(browser, users.alice);
    const remote = await McpRemote.open(mcpUrl, person, state);
    equal('the way of a first sign-in', (await remote.visits.ended())[0]?.pages, FIRST);
    const tools = await remote.tools();
    check('it may read and not write', tools.includes('nc_notes_get_note') && !tools.includes(CREATE), tools);
    await reads('mcp-remote', remote);
    await writes('mcp-remote', remote);
    equal('after one more consent', (await remote.visits.ended()).map((one) => one.pages), [FIRST, ['consent']]);
    await remote.close();
  });
  await part('mcp-remote, and the person denies', async () => {
    const person = await McpPerson.open(browser, users.bob);
    const error = await McpRemote.open(mcpUrl, person, `${state}/denied`, { choices: { deny: true } }).then(() => null, (error) => error);
    check('it says so', error?.said.includes('access_denied'), error);
  });
  await part('the command line of the MCP Inspector', async () => {
    const person = await McpPerson.open(browser, users.bob);
    const run = (parameters, options) => inspector(mcpUrl, person, state, wanted.port, parameters, options);
    const listed = await run(['--method', 'tools/list']);
    equal('it ends well', listed.code, 0);
    equal('the way of a first sign-in', listed.seen.map((one) => one.pages), [FIRST]);
    check('it lists what it may read', listed.output.includes('nc_notes_get_note') && !listed.output.includes(CREATE), listed);
    const call = (name, given) => ['--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(given)];
    const found = await run(call(SEARCH, { query: 'Shopping' }));
    check('it reads, and needs no person for that', found.code === 0 && found.output.includes('Shopping') && !found.seen.length, found);
    // It calls nothing that is not listed, so it never comes to the question whether to ask for more.
    const written = await run(call(CREATE, note('Written by the Inspector')), { answer: 'y' });
    check('it does not write', written.code !== 0 && written.said.includes('tool_not_found'), written);
  });
  await part('a page in a browser is a client', () => fromAPage(browser, mcpUrl));
  await part('pictures of every page', () => pictures(browser, wanted, () => registered(programs.v2)));
  writeFileSync(memory, JSON.stringify({ v1: programs.v1?.kept, v2: programs.v2?.kept }));
  for (const program of Object.values(programs)) await program?.close();
};

const after = async () => {
  const kept = JSON.parse(readFileSync(memory, 'utf8'));
  const nobody = { connect: async (url) => Promise.reject(new Error(`a person is asked to go to ${url}`)) };
  for (const sdk of ['v1', 'v2']) {
    await part(`${sdk} after the restart`, async () => {
      const program = await Program.open(sdk, mcpUrl, nobody, kept[sdk]);
      await program.connect();
      await reads(sdk, program);
      await writes(sdk, program);
      await program.close();
    });
  }
  await part('mcp-remote after the restart', async () => {
    const remote = await McpRemote.open(mcpUrl, nobody, state);
    await reads('mcp-remote', remote);
    await writes('mcp-remote', remote);
    await remote.close();
  });
  await part('the Inspector after the restart', async () => {
    const listed = await inspector(mcpUrl, nobody, state, wanted.port, ['--stored-auth-only', '--method', 'tools/list']);
    check('it lists', listed.code === 0 && listed.output.includes('nc_notes_get_note'), listed);
  });
};

await (wanted.phase === 'before' ? before() : after());
await browser.close();
finish();
