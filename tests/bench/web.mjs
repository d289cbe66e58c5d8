// SPDX-License-Identifier: GPL-3.0-or-later
// web.mjs: started by web.py: a browser in front of a city of thousands. Prints what a first visit costs on the wire, and how
// long the main thread of the page is busy at one go when hundreds of tiles change at once. With --tasks, also what the longest
// tasks consist of.
import { Browser, PATIENCE, askDoor, note } from '../web/browser.mjs';

const stage = JSON.parse(process.env.SIMPUL_STAGE);
const ROUNDS = 3, CALM_MS = 20000;
const LONG_MS = 50;
const detail = process.argv.includes('--tasks') || Boolean(process.env.SIMPUL_TASKS);
const CATEGORIES = ['toplevel', ...detail ? ['devtools.timeline', 'v8', 'v8.execute'] : []];

function figure(name, value, unit, wanted) {
	console.log(`figure ${name} ${Number(value.toPrecision(6))} ${unit}${wanted ? `   (wanted ${wanted})` : ''}`);
}

/** Bytes of a first visit: of what the browser fetched, each with its head, as they came over the wire. */
async function firstLoad(page, path) {
	const wire = await page.context().newCDPSession(page), urls = new Map();
	const bytes = { files: 0, script: 0, api: 0 };
	await wire.send('Network.enable');
	wire.on('Network.responseReceived', e => urls.set(e.requestId, new URL(e.response.url).pathname));
	wire.on('Network.loadingFinished', e => {
		const at = urls.get(e.requestId) ?? '';
		bytes[at.startsWith('/api/') ? 'api' : 'files'] += e.encodedDataLength;
		bytes.script += at.endsWith('.js') ? e.encodedDataLength : 0;
	});
	await page.goto(stage.url + path);
	return bytes;
}

/** All tasks of the page's main thread while f runs. @returns {Promise<{ms: number, cpu: number, inside: any[]}[]>} by length */
async function tasksDuring(browser, page, f) {
	await browser.startTracing(page, { categories: CATEGORIES });
	await f();
	const { traceEvents } = JSON.parse(await browser.stopTracing());
	const mains = new Set(traceEvents.filter(e => e.name === 'thread_name' && e.args.name === 'CrRendererMain').map(e => `${e.pid} ${e.tid}`));
	const by = new Map();
	for (const e of traceEvents) {
		const thread = `${e.pid} ${e.tid}`;
		if (e.ph !== 'X' || !mains.has(thread))
			continue;
		if (!by.has(thread))
			by.set(thread, []);
		by.get(thread).push(e);
	}
	// Of several renderers (the browser keeps a spare one) it is the one that has worked.
	const sum = list => list.reduce((n, e) => n + e.dur, 0);
	const own = [...by.values()].sort((a, b) => sum(b) - sum(a))[0] ?? [];
	const tasks = own.filter(e => e.name.endsWith('RunTask'));
	const outer = tasks.filter(e => !tasks.some(o => o !== e && o.ts <= e.ts && o.ts + o.dur >= e.ts + e.dur && o.dur > e.dur));
	return outer.map(e => ({ ms: e.dur / 1000, cpu: (e.tdur ?? 0) / 1000,
		inside: detail ? own.filter(c => c !== e && c.ts >= e.ts && c.ts + c.dur <= e.ts + e.dur && c.dur > 2000) : [] })).sort((a, b) => b.ms - a.ms);
}

const median = list => [...list].sort((a, b) => a - b)[list.length >> 1];

/** The longest task of each round: by the clock, and by the CPU that it has had on a machine that does other things, too. */
function tell(name, rounds) {
	const most = what => rounds.map(tasks => Math.max(0, ...tasks.map(t => t[what])));
	figure(`tiles_${name}_longest_task`, median(most('ms')), `ms, worst of ${rounds.length} rounds ${Math.max(...most('ms')).toFixed(0)}`, '<= 50');
	figure(`tiles_${name}_longest_task_cpu`, median(most('cpu')), `ms of CPU, worst ${Math.max(...most('cpu')).toFixed(0)}`, '<= 50');
	figure(`tiles_${name}_tasks_beyond_50_ms`, median(rounds.map(tasks => tasks.filter(t => t.ms > LONG_MS).length)), 'tasks a round');
	for (const t of detail ? rounds.flat().sort((a, b) => b.ms - a.ms).slice(0, 4) : []) {
		note(`${t.ms.toFixed(1)} ms (CPU ${t.cpu.toFixed(1)}):`);
		for (const c of t.inside.filter(c => !c.name.endsWith('RunTask')).sort((a, b) => b.dur - a.dur).slice(0, 12))
			note(`    ${(c.dur / 1000).toFixed(1)} ${c.name} ${JSON.stringify(c.args?.data?.functionName ?? c.args?.data?.type ?? c.args?.elementCount ?? '')}`);
	}
}

const BAD = ['down', 'impacted', 'warn', 'unknown', 'backup'].map(x => `simpul-tiles .tile.${x}`).join();
const notWell = page => page.evaluate(all => document.querySelectorAll(all).length, BAD);

/** Nodes fall, or come back: until so many tiles say so, and a little longer. */
async function change(page, verb, least, most) {
	await askDoor(stage.door, `${verb} ${stage.nodes.join()}`);
	await page.waitForFunction(([all, a, b]) => { const n = document.querySelectorAll(all).length; return n >= a && n <= b; }, [BAD, least, most], { polling: 500 });
	await page.waitForTimeout(3000);
}

const browser = await new Browser(stage.url).start();
const person = await browser.person({ reducedMotion: 'no-preference' });
person.setDefaultTimeout(4 * PATIENCE);
const page = await person.newPage();
page.on('pageerror', e => browser.errors.push(e.stack ?? String(e)));
const bytes = await firstLoad(page, '/');
await page.waitForSelector('#login-user');
await page.waitForLoadState('networkidle');
figure('first_load_files', bytes.files / 1000, 'kB', '<= 200');
figure('first_load_javascript_on_the_wire', bytes.script / 1000, 'kB');
await page.fill('#login-user', stage.users.noc[0]);
await page.fill('#login-password', stage.users.noc[1]);
await page.keyboard.press('Enter');
const begin = Date.now();
await page.waitForFunction(n => document.querySelectorAll('simpul-tiles .tile').length >= n, stage.sites, { polling: 100 });
figure('first_tiles_after_log_in', (Date.now() - begin) / 1000, `s for ${stage.sites} tiles`);
await page.waitForTimeout(5000);
figure('first_load_lists', bytes.api / 1000, 'kB');

const all = { calm: [], fall: [], rise: [] };
for (let round = 0; round < ROUNDS; round++)
	all.calm.push(await tasksDuring(browser.browser, page, () => page.waitForTimeout(CALM_MS)));
const base = await notWell(page), many = stage.nodes.length * 50;
for (let round = 0; round < ROUNDS; round++) {
	all.fall.push(await tasksDuring(browser.browser, page, () => change(page, 'cut', base + 0.95 * many, stage.sites)));
	figure('tiles_changed', await notWell(page) - base, 'tiles of another state');
	all.rise.push(await tasksDuring(browser.browser, page, () => change(page, 'restore', 0, base + 5)));
}
for (const [name, rounds] of Object.entries(all))
	tell(name, rounds);
const memory = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
figure('tiles_heap', memory / 2 ** 20, 'MiB');
if (browser.errors.length)
	note(browser.errors.join('\n'));
await browser.close();
process.exit(browser.errors.length ? 1 : 0);
