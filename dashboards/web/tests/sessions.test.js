// SPDX-License-Identifier: GPL-3.0-or-later
// What one session has asked for does not come to the next one, however late it arrives; and an answer that cannot be
// used does not end what the session sees.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { get, setCsrf, whenLoggedOut } from '../src/api.js';
import { Live } from '../src/live.js';
import { Store, store } from '../src/store.js';

/** Requests under way: each is answered when the test says so. A text is sent as it stands.
 * @type {{path: string, answer: (status: number, body: any) => void}[]} */
let open = [];
globalThis.fetch = /** @type {any} */ (url => new Promise(resolve => open.push({
	path: url.replace('/api/v1', '').split('?')[0],
	answer: (status, body) => resolve(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })),
})));
globalThis.document = /** @type {any} */ ({ removeEventListener() {} });

const session = (user, csrf) => ({ user, role: 'noc', sites: null, lang: 'id', csrf, expires: '', must_change: false });
const site = id => ({ id, state: 'ok', links: [] });
const turn = () => new Promise(done => setTimeout(done, 0));

/** Answer all that is open with a city of this one site. */
async function answer(requests, id) {
	for (const r of requests.splice(0))
		r.answer(200, r.path === '/summary' ? { seq: 7, now: '2026-11-21T01:00:00Z', engine: { connected: true, last: null } }
			: { items: r.path === '/sites' ? [site(id)] : [], next: null, total: 1, seq: 7 });
	await turn();
}

const batch = { seq: 8, sites: [['s001', 'down', null, null, null, null, null, 'isolated', null]], links: [] };
const shown = () => [...store.sites.values()].map(s => `${s.id} ${s.state}`);

/** A store with this one site, and a stream that has begun. */
async function begun() {
	const live = new Live();
	store.setSession(session('noc', 'a'));
	live.user = 'noc';
	const load = live.refetch();
	await answer(open, 's001');
	await load;
	return live;
}

beforeEach(() => {
	open = [];
	store.setSession(null);
});

test('a load that is under way at log-out leaves the store empty', async () => {
	const s = new Store();
	s.setSession(session('noc', 'a'));
	const load = s.load();
	s.setSession(null);
	await answer(open, 's001');
	assert.equal(await load, null);
	assert.equal(s.sites.size, 0);
	assert.equal(s.loaded, false);
});

test('nor does it come to the next session, also of the same user', async () => {
	const s = new Store();
	s.setSession(session('noc', 'a'));
	const late = s.load(), requests = open.splice(0);
	s.setSession(session('noc', 'b'));
	const load = s.load();
	await answer(open, 's002');
	assert.equal(await load, 7);
	await answer(requests, 's001');
	assert.equal(await late, null);
	assert.deepEqual([...s.sites.keys()], ['s002']);
});

test('the same session, told again, loses nothing', async () => {
	const s = new Store();
	s.setSession(session('noc', 'a'));
	const load = s.load();
	s.setSession({ ...session('noc', 'a'), lang: 'en' });
	await answer(open, 's001');
	assert.equal(await load, 7);
});

test('the next session does not wait for it, nor gets its events', async () => {
	const live = new Live();
	store.setSession(session('noc', 'a'));
	live.user = 'noc';
	live.refetch();
	live.take('batch', { seq: 8, sites: [['s002', 'down', null, null, null, null, null, 'isolated', null]], links: [] });
	const late = open.splice(0);
	live.stop();
	store.setSession(session('opd', 'b'));
	live.user = 'opd';
	live.refetch();
	assert.equal(open.length, 5);
	await answer(late, 's001');
	assert.equal(store.sites.size, 0);
	await answer(open, 's002');
	assert.deepEqual([...store.sites.values()].map(s => `${s.id} ${s.state}`), ['s002 ok']);
});

test('a refusal of it does not end the next session', async () => {
	const said = [];
	whenLoggedOut(p => said.push(p.status));
	setCsrf('a');
	const late = new Store().load().catch(e => e.status), requests = open.splice(0);
	setCsrf('b');
	requests.forEach(r => r.answer(401, { code: 'unauthorized' }));
	assert.equal(await late, 401);
	assert.deepEqual(said, []);
	const load = new Store().load().catch(e => e.status);
	open.forEach(r => r.answer(401, { code: 'unauthorized' }));
	assert.equal(await load, 401);
	assert.ok(said.length > 0);
});

test('lists that break off after their head are fetched again, and no event is lost', async () => {
	const live = new Live();
	store.setSession(session('noc', 'a'));
	live.user = 'noc';
	const load = live.refetch();
	open.splice(0).forEach(r => r.answer(200, '{"items": [{"id": "s0'));
	await load;
	assert.equal(live.held, null);
	while (open.length < 5)		// it waits some seconds
		await turn();
	live.take('batch', batch);
	await answer(open, 's001');
	assert.deepEqual(shown(), ['s001 down']);
});

test('lists of another form hold back no event that comes after them', async () => {
	const live = await begun();
	const again = live.refetch();
	open.splice(0).forEach(r => r.answer(200, {}));
	await assert.rejects(again, TypeError);
	live.take('batch', batch);
	assert.deepEqual(shown(), ['s001 down']);
	live.refetch();
	assert.equal(open.length, 5);
});

test('a call whose answer breaks off has not reached the server, a refused one has', async () => {
	const half = get('/summary'), refused = get('/summary'), [a, b] = open.splice(0);
	a.answer(200, '{"seq":');
	b.answer(503, '{"code":');
	await assert.rejects(half, e => e.status === 0 && e.code === 'unreachable');
	await assert.rejects(refused, e => e.status === 503 && e.code === 'internal');
});

test('an event that cannot be used keeps none of those behind it from being taken', async () => {
	const live = await begun();
	live.arrived('batch', '{"sites": [');
	live.arrived('batch', JSON.stringify(batch));
	assert.deepEqual(shown(), ['s001 ok']);
	assert.throws(() => live.drain(Infinity), SyntaxError);
	await turn();
	await turn();
	assert.deepEqual(shown(), ['s001 down']);
});

test('what came from a stream that is closed is not put over what the next one says', async () => {
	const live = await begun();
	live.arrived('batch', JSON.stringify(batch));
	live.closeSource();
	await turn();
	await turn();
	assert.deepEqual(shown(), ['s001 ok']);
});

test('an incident that is first seen in fetched lists is announced, but not at the first time', async () => {
	const s = new Store(), said = [];
	s.announce = (what, i) => said.push(`${what} ${i.id}`);
	s.setSession(session('noc', 'a'));
	const lists = async incidents => {
		const load = s.load();
		for (const r of open.splice(0))
			r.answer(200, r.path === '/summary' ? { seq: 7, now: '2026-11-21T01:00:00Z', engine: { connected: true, last: null } }
				: { items: r.path === '/incidents' ? incidents : [], next: null, total: 1, seq: 7 });
		await load;
	};
	await lists([{ id: 'inc-1', state: 'open' }]);
	await lists([{ id: 'inc-1', state: 'open' }, { id: 'inc-2', state: 'open' }]);
	assert.deepEqual(said, ['new inc-2']);
});
