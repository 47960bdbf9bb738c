// Every page that a person meets on the way, in light and dark, wide and as a phone.
import { McpPerson } from './mcp_person.mjs';
import { Program } from './oauth_programs.mjs';
import { equal } from './tally.mjs';

export async function pictures(browser, { mcp_url: mcpUrl, users, screens }, registered) {
  for (const scheme of ['light', 'dark']) {
    const person = await McpPerson.open(browser, users.alice, { scheme, screens });
    const program = await Program.open('v2', mcpUrl, person, registered());
    await program.connect();
    await program.call('nc_notes_create_note', { title: `In ${scheme}`, content: '', category: '' });
    await program.close();
    const { origin } = new URL(mcpUrl);
    await person.visit(`${origin}/oauth/connected`, 'connected-apps');
    await person.visit(`${origin}/oauth/authorize?client_id=nobody&response_type=code`, 'error');
    equal('nothing is wrong with the pages', person.complaints, []);
    await person.close();
  }
}
