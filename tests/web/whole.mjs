// SPDX-License-Identifier: GPL-3.0-or-later
// whole.mjs: started by whole.py, which tells in SIMPUL_STAGE where the server is and how to move the city.
import { Browser, askDoor, done, note, ok } from './browser.mjs';
import * as scenes from './scenes.mjs';

const stage = JSON.parse(process.env.SIMPUL_STAGE);

const ask = line => askDoor(stage.door, line);
const city = {
	users: stage.users, site: 's025', link: 's025-1', graph: 's061-1', node: 'node-3', children: ['s013', 's014', 's022'], office: 's054', hostile: stage.hostile, incident: null,
	name: id => stage.names[id],
	cut: id => ask(`cut ${id}`),
	restore: id => ask(`restore ${id}`),
	engine: on => ask(`engine ${on ? 'on' : 'off'}`),
};

const browser = await new Browser(stage.url).start();
const order = ['wrongPassword', 'zone', 'cutShows', 'causeFolds', 'ackIsShared', 'officeOnly', 'manyTabs', 'languages', 'hostileName', 'phones', 'factsInRows', 'brushZoom', 'accessible', 'engineAway'];
const wanted = process.argv.slice(2);
for (const name of order) {
	if (wanted.length && !wanted.includes(name) && name !== 'cutShows')
		continue;
	note(name);
	try {
		await scenes[name]({ browser, city });
	} catch (e) {
		ok(false, `${name} goes through`, e.stack);
		await browser.failed(name);
	}
}
scenes.clean({ browser });
await browser.close();
process.exit(done());
