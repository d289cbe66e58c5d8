// SPDX-License-Identifier: GPL-3.0-or-later
// browser.mjs: Debian's Chromium by playwright-core, TAP, and what every test of the pages watches: no request to a
// foreign host, no breach of the content security policy, no error of a script.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const MODULES = process.env.SIMPUL_WEB_MODULES ?? join(TOP, 'dashboards/web');
const require = createRequire(join(MODULES, 'package.json'));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export const SCREENS = process.env.SIMPUL_SCREENS ?? join(TOP, 'local/screens');
/** How long a condition may take before it counts as broken; no measure of speed. */
export const PATIENCE = 60000;
export const WALL = { width: 1920, height: 1080 };
export const DESK = { width: 1366, height: 768 };
export const PHONE = { width: 390, height: 844 };

let count = 0, failed = 0;

export function ok(good, name, more = '') {
	count++;
	failed += good ? 0 : 1;
	console.log(`${good ? '' : 'not '}ok ${count} - ${name}`);
	if (!good && more)
		note(more);
	return Boolean(good);
}

export function note(text) {
	for (const line of String(text).split('\n'))
		console.log('# ' + line);
}

export function done() {
	console.log(`1..${count}`);
	return failed || !count ? 1 : 0;
}

export class Browser {
	/** @param {string} url of the server */
	constructor(url) {
		this.url = url;
		this.foreign = [];
		this.violations = [];
		this.errors = [];
		this.refused = [];
		this.streams = 0;
		mkdirSync(SCREENS, { recursive: true });
	}

	async start() {
		this.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
		return this;
	}

	/** A person: own cookies, own storage. The browser sits in New York, so that a time of its zone shows. */
	async person({ viewport = WALL, theme = '', colorScheme = 'dark', reducedMotion = 'reduce' } = {}) {
		const context = await this.browser.newContext({ viewport, colorScheme, locale: 'en-US', timezoneId: 'America/New_York', ignoreHTTPSErrors: true, reducedMotion });
		context.setDefaultTimeout(PATIENCE);
		if (theme)
			await context.addInitScript(t => localStorage.setItem('simpul.theme', t), theme);
		await context.addInitScript(() => addEventListener('securitypolicyviolation', e => console.error(`CSP ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`)));
		context.on('request', r => {
			const u = new URL(r.url());
			if (u.protocol !== 'data:' && u.protocol !== 'blob:' && u.origin !== new URL(this.url).origin)
				this.foreign.push(r.url());
			if (u.pathname === '/api/v1/events')
				this.streams++;
		});
		context.on('response', r => {
			if (r.status() >= 400)
				this.refused.push(`${r.status()} ${r.request().method()} ${new URL(r.url()).pathname}`);
		});
		context.on('requestfailed', r => this.refused.push(`${r.failure()?.errorText} ${new URL(r.url()).pathname}`));
		return context;
	}

	async page(context, path = '/') {
		const page = await context.newPage();
		page.on('console', m => {
			if (m.text().startsWith('CSP '))
				this.violations.push(m.text());
		});
		page.on('pageerror', e => this.errors.push(e.stack ?? String(e)));
		page.on('dialog', d => {
			this.errors.push(`dialog: ${d.message()}`);
			d.dismiss();
		});
		await page.goto(this.url + path);
		return page;
	}

	/** Log in and stand on the first page of the role. */
	async logIn(context, [user, password], path = '/') {
		const page = await this.page(context, path);
		await page.fill('#login-user', user);
		await page.fill('#login-password', password);
		await page.keyboard.press('Enter');
		await page.waitForSelector('.top');
		return page;
	}

	/** What went wrong is best seen: a picture of each page that is still open, and what the server refused. */
	async failed(name) {
		let i = 0;
		for (const context of this.browser.contexts()) {
			for (const page of context.pages())
				await page.screenshot({ path: join(SCREENS, `failed-${name}-${++i}.png`), timeout: 5000 }).catch(() => note('no picture of a page'));
			await context.close();
		}
		note(`refused: ${this.refused.slice(-20).join(', ') || 'nothing'}`);
	}

	async close() {
		await this.browser.close();
	}
}

/** Move the city by the door of stage.py. @returns {Promise<number>} when it came about, unix ms */
export function askDoor(door, line) {
	return new Promise((good, bad) => {
		const s = connect(door, () => s.write(line + '\n'));
		let text = '';
		s.on('data', d => { text += d; });
		s.on('error', bad);
		s.on('end', () => {
			const answer = JSON.parse(text);
			if (answer.error)
				bad(new Error(answer.error));
			else
				good(answer.t * 1000);
		});
	});
}

/** Go on as a click on a link does, without loading anew. */
export async function go(page, path) {
	await page.evaluate(p => {
		history.pushState(null, '', p);
		dispatchEvent(new PopStateEvent('popstate'));
	}, path);
}

/** Until the graphs of the page are drawn, or say that there is nothing. */
export async function settled(page) {
	await page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('main .skeleton') &&
		[...document.querySelectorAll('simpul-traffic, simpul-smoke')].every(c => !c.link || c.data !== null || c.error));
	await page.waitForTimeout(150);
}

/** Offences against WCAG 2.2 AA. @returns {Promise<string[]>} */
export async function axe(page) {
	// Not by a script element: the policy of the page forbids it, and shall.
	await page.evaluate(AXE);
	const found = await page.evaluate(tags => window.axe.run(document, { runOnly: { type: 'tag', values: tags } }), TAGS);
	return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`);
}

/** Pixels that the page is wider than the window. */
export const sideways = page => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Texts on the page that look like a key of the catalogues, or like a word of the engine. */
export async function rawKeys(page, keys) {
	const texts = await page.evaluate(() => {
		const out = [document.title];
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode())
			out.push(walk.currentNode.nodeValue.trim());
		for (const e of document.querySelectorAll('[aria-label], [title], [placeholder]'))
			out.push(e.getAttribute('aria-label'), e.getAttribute('title'), e.getAttribute('placeholder'));
		return out;
	});
	return texts.filter(x => x && (keys.has(x) || /^[a-z]+(\.[a-z_0-9]+)+$/.test(x) || /^[a-z]+(_[a-z]+)+$/.test(x) || /\{[a-z]+\}/.test(x)));
}
