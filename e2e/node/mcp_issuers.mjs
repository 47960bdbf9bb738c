// Programs with the TypeScript SDKs whose tokens come from an issuer elsewhere, and the pages on which people give access.
import { readFileSync, writeFileSync } from 'node:fs';
import { IssuerPerson } from './issuer_person.mjs';
import { Program, text } from './oauth_programs.mjs';
import { launch } from './provider_person.mjs';
import { check, equal, finish, part } from './tally.mjs';

const wanted = JSON.parse(process.argv[2]);
const { mcp_url: mcpUrl, users } = wanted;
const SEARCH = 'nc_notes_search_notes';
const CREATE = 'nc_notes_create_note';
const GIVE = 'provision_nextcloud_access';
const DONE = 'Nextcloud access provisioned';
const memory = `${wanted.state}/agreed.json`;

const browser = await launch(wanted.chromium);

/** What a program keeps that an administrator of the issuer made. */
const made = () => ({ client: { client_id: wanted.program, issuer: wanted.issuer } });

const reads = async (program) => {
  const found = await program.call(SEARCH, { query: 'assistant' });
  check('it reads', !found.isError, found);
};
const writes = async (program) => {
  const written = await program.call(CREATE, { title: `Written through ${program.sdk}`, content: '', category: '' });
  check('it writes', !written.isError, written);
};
const needsAccess = async (program) => {
  const refused = await program.call(SEARCH, { query: 'assistant' });
  check('without access it is told what to do', refused.isError && text(refused).startsWith('provisioning_required'), refused);
};

/** What the person sees on the page that the tool opens, or to which it links. */
const gives = async (program) => {
  const asked = await program.call(GIVE, {});
  check('the tool asks', !asked.isError, asked);
  if (!program.show) return program.person.connect(asked.structuredContent.provisioning_url);
  check('and not in words', program.visits.length && !text(asked).includes('http'), asked);
  const seen = await program.visits.at(-1);
  equal('by URL', seen.mode, 'url');
  return seen;
};

const phases = {
  exchange: () =>
    part('token exchange: TypeScript v2', async () => {
      const program = await Program.open('v2', mcpUrl, await IssuerPerson.open(browser, users.bob), made());
      await program.connect();
      check('it may not write', !(await program.tools()).includes(CREATE));
      await reads(program);
      await writes(program);
      equal('after one more consent', program.seen.map((one) => one.pages), [['sign-in', 'consent', 'back'], ['consent', 'back']]);
      await program.close();
    }),

  registered: () =>
    part('one that registers, where all scopes are advertised', async () => {
      const program = await Program.open('v2', mcpUrl, await IssuerPerson.open(browser, users.carol));
      await program.connect();
      await writes(program);
      equal('it was told of everything at once', program.seen.map((one) => one.pages), [['sign-in', 'consent', 'back']]);
      await program.close();
    }),

  async agree() {
    await part('a refresh token: TypeScript v2 opens the page, newer revision', async () => {
      const person = await IssuerPerson.open(browser, users.bob);
      const program = await Program.open('v2', mcpUrl, person, {}, { opensPages: true });
      await program.connect();
      await needsAccess(program);
      equal('the person agrees at the issuer', (await gives(program)).pages, ['give', 'consent', DONE]);
      await reads(program);
      equal('nothing is wrong with the pages', person.complaints, []);
      writeFileSync(memory, JSON.stringify(program.kept));
      await program.close();
    });
    await part('TypeScript v1 shows the link, and somebody else cannot use it', async () => {
      const person = await IssuerPerson.open(browser, users.carol);
      const program = await Program.open('v1', mcpUrl, person);
      await program.connect();
      await needsAccess(program);
      const link = (await program.call(GIVE, {})).structuredContent.provisioning_url;
      const other = await IssuerPerson.open(browser, users.bob, { screens: wanted.screens, prefix: 'mcp-issuers-other' });
      equal('to nobody else', (await other.connect(link)).pages, ['give', 'sign-in', 'consent', 'You are somebody else']);
      equal('used', (await person.connect(link)).pages, ['This link cannot be used']);
      await needsAccess(program);
      equal('the person agrees at the issuer', (await gives(program)).pages, ['give', 'consent', DONE]);
      await reads(program);
      await program.close();
    });
    await part('pictures of every page, access by agreement', () => pictures(users.carol, 'agreement'));
  },

  agreed: () =>
    part('TypeScript v2 after the restart', async () => {
      const nobody = { connect: async (url) => Promise.reject(new Error(`a person is asked to go to ${url}`)) };
      const program = await Program.open('v2', mcpUrl, nobody, JSON.parse(readFileSync(memory, 'utf8')));
      await program.connect();
      await reads(program);
      await program.close();
    }),

  async password() {
    await part('oidc-provider and an app password: TypeScript v1 opens the page, older revision', async () => {
      const person = await IssuerPerson.open(browser, users.bob);
      const program = await Program.open('v1', mcpUrl, person, {}, { opensPages: true });
      await program.connect();
      await needsAccess(program);
      equal('first at the issuer, then at the Nextcloud', (await gives(program)).pages, ['give', 'oidc-provider agrees', 'waiting', DONE]);
      await reads(program);
      equal('nothing is wrong with the pages', person.complaints, []);
      await program.close();
    });
    await part('pictures of every page, access by app password', () => pictures(users.carol, 'password'));
  },
};

/** Every page that a person meets, in light and dark, wide and as a phone. */
const pictures = async (user, kind) => {
  const plain = await IssuerPerson.open(browser, user);
  const program = await Program.open('v2', mcpUrl, plain);
  await program.connect();
  for (const scheme of ['light', 'dark']) {
    await program.call('revoke_nextcloud_access', {});
    const person = await IssuerPerson.open(browser, user, { scheme, screens: wanted.screens, prefix: `mcp-issuers-${kind}` });
    const link = (await program.call(GIVE, {})).structuredContent.provisioning_url;
    equal('the person may say no', (await person.connect(link, { cancel: true })).pages, ['give', 'Nothing was shared']);
    const seen = await gives(Object.assign(program, { person }));
    equal('or yes', seen.pages.at(-1), DONE);
    equal('an error', (await person.connect(link)).pages, ['This link cannot be used']);
    equal('nothing is wrong with the pages', person.complaints, []);
    await person.close();
  }
  await program.close();
};

await phases[wanted.phase]();
await browser.close();
finish();
