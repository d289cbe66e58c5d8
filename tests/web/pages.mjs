#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// pages.mjs DIST: the scenes against fake.mjs: the pages alone, without engine and server. And 5,000 sites.
import { resolve } from 'node:path';
import { Browser, done, note, ok } from './browser.mjs';
import { Fake } from './fake.mjs';
import * as scenes from './scenes.mjs';

const dist = resolve(process.argv[2] ?? '');
const fake = new Fake(dist);
fake.sites.get('s055').name = '<img src=x onerror=alert(1)>"\'&amp; Dinas';
fake.sites.get('s055').short = '<img src=x onerror=alert(1)>';

const opened = new Map();
const city = {
	users: { noc: ['noc', 'noc'], noc2: ['budi', 'budi'], opd: ['opd', 'opd'] },
	site: 's025', link: 's025-1', graph: 's061-1', node: 'node-3', children: ['s012', 's013', 's022'], office: 's054', hostile: 's055', incident: null, service: 'portal',
	name: id => fake.sites.get(id).name,
	cut(id) {
		opened.set(id, fake.openIncident(id, undefined, { severity: id === this.node ? 'critical' : 'major', children: id === this.node ? this.children : [] }));
		return Promise.resolve(Date.now());
	},
	restore(id) {
		fake.closeIncident(opened.get(id));
		return Promise.resolve();
	},
	engine(on) {
		fake.setEngine(on);
		return Promise.resolve();
	},
};

/** The server goes away and comes back at the same place: another banner, the same recovery. */
async function serverAway({ browser }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	await page.waitForSelector('.live:not(.old)');
	const port = fake.server.address().port;
	fake.dropStreams();
	await new Promise(gone => {
		fake.server.close(gone);
		fake.server.closeAllConnections();
	});
	await page.waitForSelector('.banner.lost');
	ok(true, 'a server that is away: a banner');
	await fake.listen(port);
	await page.waitForSelector('.banner.lost', { state: 'detached' });
	ok(true, 'and it recovers by itself');
	await person.close();
}

/** A session ends while someone works: a dialog in place, nothing lost. */
async function sessionOver({ browser }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc, '/bantuan');
	await page.waitForSelector('simpul-help h1');
	fake.sessions.clear();
	await page.evaluate(() => { history.pushState(null, '', '/situs/s025'); dispatchEvent(new PopStateEvent('popstate')); });
	await page.waitForSelector('#session-over[open]');
	await page.fill('#session-over input[name=password]', city.users.noc[1]);
	await page.keyboard.press('Enter');
	await page.waitForSelector('simpul-site h1');
	ok(new URL(page.url()).pathname === '/situs/s025', 'after a session that ended one goes on at the same place');
	await person.close();
}

/** Of an incident every packet around its beginning. */
async function recorded({ browser }) {
	await city.cut('s031');
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc, `/insiden/${opened.get('s031')}`);
	await page.waitForSelector('simpul-recorder svg.flight');
	const text = await page.$eval('simpul-recorder', e => e.textContent);
	ok(text.includes('20,4') && text.includes('10.8.0.99') && text.includes('1492'), 'the recorder: how long it was gone, the hop that changed, the MTU', text);
	ok(await page.$$eval('svg.flight .lost', all => all.length) === 10 && await page.$$eval('svg.flight .answered', all => all.length) === 140, 'and every packet');
	await person.close();
	await city.restore('s031');
}

async function oneTimePassword({ browser }) {
	fake.mustChange.add('admin');
	const person = await browser.person(), page = await browser.page(person, '/masuk');
	await page.fill('#login-user', 'admin');
	await page.fill('#login-password', 'admin');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#pw-new');
	ok(!await page.$('.top'), 'with a one-time password nothing else can be done');
	const set = async (old, a, b) => {
		await page.fill('#pw-old', old);
		await page.fill('#pw-new', a);
		await page.fill('#pw-again', b);
		await page.click('.login-form .primary');
	};
	await set('admin', 'short', 'short');
	await page.waitForSelector('.error');
	await set('admin', 'a long enough one', 'another long one');
	await page.waitForSelector('.error');
	await set('admin', 'a long enough one', 'a long enough one');
	await page.waitForSelector('.top');
	ok(true, 'after the change the pages open');
	await person.close();
}

/** An update of thousands of tiles must not be felt. */
async function thousands({ browser }) {
	const many = new Fake(dist, { sites: 5000 }), url = await many.listen();
	const other = new Browser(url);
	other.browser = browser.browser;
	const person = await other.person(), page = await other.page(person, '/');
	await page.fill('#login-user', 'noc');
	await page.fill('#login-password', 'noc');
	await page.keyboard.press('Enter');
	await page.waitForFunction(() => document.querySelectorAll('simpul-tiles .tile').length >= 5000);
	await page.waitForTimeout(1000);
	await page.evaluate(() => {
		window.tasks = [];
		new PerformanceObserver(l => window.tasks.push(...l.getEntries().map(e => Math.round(e.duration)))).observe({ type: 'longtask' });
	});
	for (let round = 0; round < 3; round++) {
		const sites = [...many.sites.values()];
		sites.forEach((s, i) => Object.assign(s, { state: (i + round) % 7 ? 'ok' : 'down', rtt_ms: 2 + round }));
		many.batch(sites);
		const last = sites[sites.length - 1];
		await page.waitForFunction(([id, state]) => document.querySelector(`simpul-tiles a[href="/situs/${id}"]`).classList.contains(state), [last.id, last.state]);
	}
	const tasks = await page.evaluate(() => new Promise(done => setTimeout(() => done(window.tasks), 200)));
	// Only told: on a machine that does other things, too, a bound would fail by itself.
	note(`5,000 sites, three updates of all: tasks of the main thread beyond 50 ms: ${tasks.join(', ') || 'none'}`);
	ok(true, '5,000 sites are shown and updated');
	ok(other.errors.length === 0, 'without an error', other.errors.join('\n'));
	await person.close();
	many.close();
}

const url = await fake.listen();
const browser = await new Browser(url).start();
const stage = { browser, city };
const own = { serverAway, sessionOver, recorded, oneTimePassword, thousands };
const order = ['wrongPassword', 'zone', 'cutShows', 'causeFolds', 'ackIsShared', 'engineAway', 'serverAway', 'brushZoom', 'officeOnly', 'manyTabs', 'languages', 'hostileName', 'phones', 'factsInRows', 'accessible', 'recorded', 'sessionOver', 'oneTimePassword', 'thousands'];
const wanted = process.argv.slice(3);
for (const name of order) {
	if (wanted.length && !wanted.includes(name) && name !== 'cutShows')
		continue;
	note(name);
	try {
		await (own[name] ?? scenes[name])(stage);
	} catch (e) {
		ok(false, `${name} goes through`, e.stack);
		await browser.failed(name);
	}
}
scenes.clean(stage);
await browser.close();
fake.close();
process.exit(done());
