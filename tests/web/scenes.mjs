// SPDX-License-Identifier: GPL-3.0-or-later
// scenes.mjs: what must hold for the people in front of the pages. A scene knows the city only by a few verbs (cut,
// restore, engine), so that the same scenes run against the whole of Simpul and against fake.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESK, PATIENCE, PHONE, SCREENS, WALL, axe, go, note, ok, rawKeys, settled, sideways } from './browser.mjs';

const catalogue = lang => JSON.parse(readFileSync(new URL(`../../dashboards/web/lang/${lang}.json`, import.meta.url), 'utf8'));
const KEYS = new Set(Object.keys(catalogue('id')));

/** Pages of an operator, then that of an office. */
export const pagesOf = city => ['/', '/situs', `/situs/${city.site}`, `/tautan/${city.link}`, '/layanan', ...city.service ? [`/layanan/${city.service}`] : [], '/insiden', '/insiden?state=closed', ...city.incident ? [`/insiden/${city.incident}`] : [], '/bantuan'];

const tile = id => `simpul-tiles a[href="/situs/${id}"]`;
const hasClass = (page, selector, name, timeout = PATIENCE) => page.waitForSelector(`${selector}.${name}`, { timeout });
const countOf = (page, state) => page.evaluate(s => Number.parseInt(document.querySelector(`.count.${s} b`).textContent.trim(), 10), state);

/** Are delay and traffic of a line known for at least one minute of the last six hours? */
const hasValues = (page, id) => page.evaluate(async ([id, from]) => {
	const ask = async path => (await (await fetch(`/api/v1/${path}&from=${from}&max_points=400`)).json());
	const l = await ask(`latency/${id}?`), s = await ask(`series?ref=link/${id}/rx_bps`);
	return Boolean(l.p50_ms?.some(v => v !== null) && s.series?.[0].v.some(v => v !== null));
}, [id, Math.floor(Date.now() / 1000) - 6 * 3600]);

export async function wrongPassword({ browser, city }) {
	const person = await browser.person(), page = await browser.page(person, '/situs?state=ok');
	await page.waitForSelector('#login-user');
	await page.fill('#login-user', city.users.noc[0]);
	await page.fill('#login-password', 'not the password');
	await page.click('.login-form .primary');
	const said = await page.textContent('#login-error');
	ok(said.trim() === catalogue('id')['problem.bad_credentials'], 'a wrong password is refused, in words', said);
	ok(!await page.$('.top'), 'a wrong password shows nothing');
	await page.fill('#login-password', city.users.noc[1]);
	await page.keyboard.press('Enter');
	await page.waitForSelector('simpul-sites');
	ok(new URL(page.url()).pathname + new URL(page.url()).search === '/situs?state=ok', 'after the log-in comes the page that was asked for', page.url());
	await person.close();
}

/** A line is cut: the tile, the count, the list and the title say so. */
export async function cutShows({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	await page.waitForSelector(tile(city.site));
	const before = await countOf(page, 'down'), title = await page.title();
	const said = await city.cut(city.site);
	await hasClass(page, tile(city.site), 'down');
	await page.waitForFunction(([n]) => Number.parseInt(document.querySelector('.count.down b').textContent.trim(), 10) === n, [before + 1]);
	city.incident = await (await page.waitForSelector(`.alert.edge-down[data-incident]:has-text(${JSON.stringify(city.name(city.site))})`)).getAttribute('data-incident');
	await page.waitForFunction(old => document.title !== old && /^\(\d+\) /.test(document.title), title);
	const took = (Date.now() - said) / 1000;
	note(`from the event to the page: ${took.toFixed(2)} s`);
	ok(took <= 2, 'a cut line shows in tile, count, list and title within 2 s', `${took} s`);
	ok(await page.textContent('#say-alert') !== '', 'it is said to those who listen');
	await page.screenshot({ path: join(SCREENS, 'cut.png') });
	await person.close();
}

/** A node falls: one row, and what depends on it one click below. */
export async function causeFolds({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	await page.waitForSelector(tile(city.node));
	await city.cut(city.node);
	await hasClass(page, tile(city.node), 'down');
	const row = `.alert[data-incident]:has-text(${JSON.stringify(city.name(city.node))})`;
	await page.waitForFunction(([r, least]) => { const f = [...document.querySelectorAll(r)].map(x => x.querySelector('.fold')).find(Boolean); return f && Number.parseInt(f.textContent, 10) >= least; }, ['.alert[data-incident]', city.children.length]);
	for (const id of city.children)
		await hasClass(page, tile(id), 'impacted');
	ok(true, 'sites below a dead node are shown as impacted, not as down');
	ok(await page.$$eval('.alert[data-incident]', (rows, names) => rows.filter(r => names.some(n => r.querySelector('h3 a').textContent.startsWith(n))).length, city.children.map(city.name)) === 0, 'what the node explains has no row of its own');
	const fold = await page.waitForSelector(row + ' .fold');
	await fold.click();
	for (const id of city.children)
		await page.waitForSelector(`${row} .children a[href="/situs/${id}"]`);
	ok(await fold.getAttribute('aria-expanded') === 'true', 'one click unfolds them');
	await page.screenshot({ path: join(SCREENS, 'folded.png') });
	await city.restore(city.node);
	await hasClass(page, tile(city.node), 'ok');
	for (const id of city.children)
		await hasClass(page, tile(id), 'ok');
	ok(true, 'all come back');
	await person.close();
}

/** Two operators; one by keys alone. */
export async function ackIsShared({ browser, city }) {
	const first = await browser.person(), second = await browser.person();
	const a = await browser.logIn(first, city.users.noc), b = await browser.logIn(second, city.users.noc2);
	const row = `.alert[data-incident="${city.incident}"]`;
	await a.waitForSelector(row);
	await b.waitForSelector(row);
	await b.focus(row + ' h3 a');
	await b.keyboard.press('a');
	await b.waitForSelector('simpul-ack dialog[open]');
	await a.focus('#main');
	for (let i = 0; i < 30 && !await a.evaluate(r => document.querySelector(r).contains(document.activeElement), row); i++)
		await a.keyboard.press('j');
	ok(await a.evaluate(r => document.querySelector(r).contains(document.activeElement), row), 'J reaches the incident');
	await a.keyboard.press('a');
	await a.waitForSelector('simpul-ack dialog[open] textarea:focus');
	await a.keyboard.press('Tab');
	await a.click('simpul-ack .strong');
	ok(await a.$('simpul-ack dialog[open]'), 'an ack without a comment is not sent');
	await a.fill('#ack-comment', 'teknisi menuju tiang 114');
	await a.focus('simpul-ack .strong');
	await a.keyboard.press('Enter');
	await a.waitForSelector('simpul-ack dialog:not([open])', { state: 'attached' });
	await b.waitForSelector(`${row} .note:has-text("teknisi menuju tiang 114")`);
	ok((await b.textContent(row + ' .note')).includes(city.users.noc[0]), 'the other operator sees at once who has it and why');
	await b.fill('#ack-comment', 'saya juga');
	await b.click('simpul-ack .strong');
	const conflict = await (await b.waitForSelector('simpul-ack .notice.warn')).textContent();
	ok(conflict.includes(city.users.noc[0]) && conflict.includes('teknisi menuju tiang 114'), 'the second one is told who was faster', conflict);
	await b.screenshot({ path: join(SCREENS, 'conflict.png') });
	await b.keyboard.press('Escape');
	ok((await b.textContent(row + ' .note')).includes('teknisi'), 'and nothing was overwritten');
	await first.close();
	await second.close();
}

/** The engine dies and comes back; the page stays the same page. */
export async function engineAway({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	await page.waitForSelector(tile(city.site));
	await page.evaluate(() => { window.samePage = true; });
	await city.engine(false);
	const banner = await page.waitForSelector('.banner.lost');
	const text = await banner.textContent();
	ok(/\d\d\.\d\d\.\d\d WIB/.test(text), 'a dead engine: a banner says since when', text);
	ok(await page.evaluate(() => document.documentElement.classList.contains('dim') && Number(getComputedStyle(document.querySelector('main')).opacity) < 1), 'values are dimmed');
	ok(await page.$$eval('simpul-tiles .tile', t => t.length) > 50, 'and none is removed');
	await page.screenshot({ path: join(SCREENS, 'engine-away.png') });
	await city.engine(true);
	await page.waitForSelector('.banner.lost', { state: 'detached' });
	await page.waitForFunction(() => !document.documentElement.classList.contains('dim'));
	ok(await page.evaluate(() => window.samePage === true), 'it recovers without loading anew');
	await person.close();
}

/** Two graphs: one brush, one crosshair, one URL. */
export async function brushZoom({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	// A city that has just started has no minute of values yet.
	for (const end = Date.now() + 4 * PATIENCE; !await hasValues(page, city.graph);) {
		if (Date.now() > end)
			throw new Error(`no values of ${city.graph}`);
		await page.waitForTimeout(2000);
	}
	await go(page, `/tautan/${city.graph}`);
	await settled(page);
	await page.waitForSelector('simpul-smoke .u-over');
	await page.waitForSelector('simpul-traffic .u-over');
	const over = await (await page.$('simpul-smoke .u-over')).boundingBox();
	await page.mouse.move(over.x + over.width * 0.5, over.y + 40);
	const both = await page.$$eval('.u-cursor-x', l => l.map(x => x.getBoundingClientRect().left).filter(x => x > 0));
	const graphs = await page.$$eval('.u-over', l => l.length);
	ok(graphs === 2 && both.length === graphs && Math.abs(both[0] - both[both.length - 1]) <= 2, 'the crosshair is shared', String(both));
	await page.mouse.down();
	await page.mouse.move(over.x + over.width * 0.75, over.y + 40, { steps: 5 });
	await page.mouse.up();
	await page.waitForFunction(() => /[?&]from=\d+/.test(location.search));
	await settled(page);
	const ranges = () => page.$$eval('simpul-traffic, simpul-smoke', l => l.map(c => c.drawnRange && `${c.drawnRange.from}-${c.drawnRange.to}`));
	await page.waitForFunction(() => { const q = new URLSearchParams(location.search), all = [...document.querySelectorAll('simpul-traffic, simpul-smoke')]; return all.every(c => c.drawnRange?.from === Number(q.get('from'))); });
	const zoomed = await ranges(), url = page.url();
	ok(new Set(zoomed).size === 1, 'a brush zooms all graphs of the page', String(zoomed));
	await page.screenshot({ path: join(SCREENS, 'zoomed.png') });
	const again = await browser.page(person, new URL(url).pathname + new URL(url).search);
	await settled(again);
	await again.waitForFunction(() => [...document.querySelectorAll('simpul-traffic, simpul-smoke')].every(c => c.drawnRange));
	ok((await again.$$eval('simpul-traffic, simpul-smoke', l => l.map(c => `${c.drawnRange.from}-${c.drawnRange.to}`))).join() === zoomed.join(), 'the URL restores it');
	await page.keyboard.press('0');
	await page.waitForFunction(() => !/from=/.test(location.search));
	ok(true, '0 zooms out');
	await page.goBack();
	await page.waitForFunction(() => /from=/.test(location.search));
	ok(true, 'and Back returns');
	await person.close();
}

/** An office sees itself and nothing else. */
export async function officeOnly({ browser, city }) {
	const person = await browser.person({ viewport: PHONE }), page = await browser.logIn(person, city.users.opd);
	await page.waitForSelector('simpul-office h1');
	ok(new URL(page.url()).pathname === '/kantor', 'an office lands on its own page');
	ok((await page.textContent('simpul-office h1')).trim() === city.name(city.office), 'it shows its own office');
	ok(await page.evaluate(() => document.documentElement.dataset.theme) === 'light', 'in the light theme');
	const other = await page.evaluate(async id => (await fetch(`/api/v1/sites/${id}`)).status, city.site);
	ok(other === 404, 'another site is as if it did not exist', String(other));
	const all = await page.evaluate(async () => (await (await fetch('/api/v1/sites?limit=500')).json()).items.map(s => s.id));
	ok(all.join() === city.office, 'the list has only its own', all.join());
	await go(page, '/');
	await page.waitForFunction(() => location.pathname === '/kantor');
	ok(true, 'the overview leads back to the office');
	await page.screenshot({ path: join(SCREENS, 'office-phone.png'), fullPage: true });
	await person.close();
}

/** Every page in both languages, changed without loading anew. */
export async function languages({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	const found = [];
	for (const path of pagesOf(city)) {
		await go(page, path);
		await settled(page);
		const heads = [];
		for (const lang of ['en', 'id']) {
			await page.click('.tool.lang');
			await page.waitForFunction(l => document.documentElement.lang === l, lang);
			await page.waitForTimeout(50);
			heads.push(await page.textContent('.main-nav'));
			found.push(...(await rawKeys(page, KEYS)).map(k => `${path} ${lang}: ${k}`));
		}
		if (heads[0] === heads[1])
			found.push(`${path}: nothing changed`);
	}
	ok(found.length === 0, 'each page changes its language, and shows no raw key', found.join('\n'));
	await person.close();
}

/** A site with a name that is a program. */
export async function hostileName({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	const shown = [];
	for (const path of ['/', '/situs', `/situs/${city.hostile}`, '/insiden']) {
		await go(page, path);
		await settled(page);
		shown.push(await page.evaluate(() => document.querySelectorAll('main img, main script').length));
	}
	await go(page, `/situs/${city.hostile}`);
	await page.waitForSelector('simpul-site h1');
	ok((await page.textContent('simpul-site h1')).includes('<img'), 'a hostile name is shown as text', await page.textContent('simpul-site h1'));
	ok(shown.every(n => n === 0), 'and becomes no element');
	await person.close();
}

/** No page is wider than a phone, of either width. */
export async function phones({ browser, city }) {
	const wide = [];
	for (const width of [390, 320, 768, 1024, DESK.width]) {
		const person = await browser.person({ viewport: { width, height: 844 } }), page = await browser.logIn(person, city.users.noc);
		for (const path of pagesOf(city)) {
			await go(page, path);
			await settled(page);
			const px = await sideways(page);
			if (px > 0)
				wide.push(`${path} at ${width}: ${px} px too wide`);
		}
		await person.close();
	}
	ok(wide.length === 0, 'no page scrolls sideways on a phone, a tablet, a small desk', wide.join('\n'));
}

/** Beside a headline no fact stands alone on a line of its own. */
export async function factsInRows({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	for (const path of [`/situs/${city.site}`, `/tautan/${city.link}`, `/insiden/${city.incident}`]) {
		await go(page, path);
		await settled(page);
		const rows = await page.$$eval('.facts > div', all => {
			const tops = all.map(x => Math.round(x.getBoundingClientRect().top));
			return [...new Set(tops)].map(top => tops.filter(x => x === top).length);
		});
		ok(rows.length > 0 && (rows.length === 1 || rows[rows.length - 1] > 1), `facts of ${path.split('/')[1]}: none alone in its row`, rows.join());
	}
	await person.close();
}

/** WCAG 2.2 AA by axe, every page, both themes; and a picture of each. */
export async function accessible({ browser, city }) {
	for (const theme of ['dark', 'light']) {
		const found = [];
		const look = async (page, name) => {
			await settled(page);
			found.push(...(await axe(page)).map(v => `${name}: ${v}`));
			await page.screenshot({ path: join(SCREENS, `${name}-${theme}.png`), fullPage: name.endsWith('phone') });
		};
		for (const [size, viewport] of [['wall', WALL], ['desk', DESK], ['phone', PHONE]]) {
			const stranger = await browser.person({ theme, viewport }), login = await browser.page(stranger, '/masuk');
			await login.waitForSelector('#login-user');
			await look(login, `login-${size}`);
			await stranger.close();
			const person = await browser.person({ theme, viewport }), page = await browser.logIn(person, city.users.noc);
			for (const path of pagesOf(city)) {
				await go(page, path);
				await look(page, `${path === '/' ? 'overview' : path.slice(1).replace(/\W+/g, '-').replace(city.incident ?? ' ', 'inc')}-${size}`);
			}
			if (size === 'desk') {
				await go(page, '/');
				await page.waitForSelector(`.alert[data-incident="${city.incident}"]`);
				await page.keyboard.press('?');
				await page.waitForSelector('#help-dialog[open]');
				await look(page, 'help-dialog-desk');
				await page.keyboard.press('Escape');
				await page.keyboard.press('/');
				await page.fill('simpul-search input', 'kec');
				await page.waitForSelector('[role=option]');
				await look(page, 'search-desk');
				await page.keyboard.press('Escape');
				await page.focus(`.alert[data-incident="${city.incident}"] h3 a`);
				await page.keyboard.press('a');
				await page.waitForSelector('simpul-ack dialog[open]');
				await look(page, 'ack-desk');
			}
			await person.close();
			const office = await browser.person({ theme, viewport }), home = await browser.logIn(office, city.users.opd);
			await home.waitForSelector('simpul-office h1');
			await look(home, `office-${size}`);
			await office.close();
		}
		ok(found.length === 0, `axe finds nothing on any page (${theme})`, found.join('\n'));
	}
}

/** Seven tabs of one browser need one stream, and each stays live; when the leader goes, another leads. */
export async function manyTabs({ browser, city }) {
	const person = await browser.person(), first = await browser.logIn(person, city.users.noc);
	const before = browser.streams, tabs = [first];
	tabs.push(...await Promise.all(Array.from({ length: 6 }, () => browser.page(person, '/'))));
	for (const t of tabs)
		await t.waitForSelector(tile(city.office));
	for (const t of tabs)
		await t.waitForFunction(() => document.querySelector('.live:not(.old)'));
	note(`streams opened by six more tabs: ${browser.streams - before}`);
	await city.cut(city.office);
	for (const t of tabs)
		await hasClass(t, tile(city.office), 'down');
	ok(true, 'seven tabs stay live');
	ok(browser.streams - before <= 6, 'with few streams', String(browser.streams - before));
	await first.close();
	await city.restore(city.office);
	for (const t of tabs.slice(1))
		await hasClass(t, tile(city.office), 'ok');
	ok(true, 'when the leader closes, another takes over');
	await person.close();
}

/** The browser is in New York; the page is in Pontianak. */
export async function zone({ browser, city }) {
	const person = await browser.person(), page = await browser.logIn(person, city.users.noc);
	const shown = await page.textContent('.clock b');
	const there = new Intl.DateTimeFormat('id-ID', { timeZone: 'Asia/Pontianak', hour: '2-digit', hourCycle: 'h23' }).format(Date.now());
	ok(shown.slice(0, 2) === there.slice(0, 2).padStart(2, '0'), 'a browser in New York shows the time of Pontianak', `${shown} ${there}`);
	await person.close();
}

/** What was watched all along. */
export function clean({ browser }) {
	ok(browser.foreign.length === 0, 'no request went to a foreign host', browser.foreign.join('\n'));
	ok(browser.violations.length === 0, 'the content security policy was never breached', browser.violations.join('\n'));
	ok(browser.errors.length === 0, 'no script failed', browser.errors.join('\n'));
}
