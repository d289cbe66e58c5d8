// SPDX-License-Identifier: GPL-3.0-or-later
// Places of tiles never depend on states; the list of incidents is what sorts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { match } from '../src/router.js';
import { Store, sortIncidents } from '../src/store.js';
import { groupSites } from '../src/parts/groups.js';
import { rangeOf } from '../src/parts/range-of.js';

const site = (id, kind, district, state = 'ok') => ({ id, kind, district, state, name: id, short: null, links: [], cause: null });
const city = () => [site('s001', 'kecamatan', 'Barat'), site('s002', 'kelurahan', 'Barat'), site('s006', 'kecamatan', 'Kota'), site('s036', 'opd', null), site('s042', 'rsud', 'Barat'),
	site('node-1', 'node', null), site('s007', 'kelurahan', 'Kota'), site('cctv-1', 'cctv', null), site('odd-1', null, null)];

test('districts in the order of the inventory, then offices, nodes, public services', () => {
	const groups = groupSites(city());
	assert.deepEqual(groups.map(g => g.name), ['Barat', 'Kota', 'offices', 'infra', 'public']);
	assert.deepEqual(groups[0].sites.map(s => s.id), ['s001', 's002']);
	assert.deepEqual(groups[1].sites.map(s => s.id), ['s006', 's007']);
	assert.deepEqual(groups[2].sites.map(s => s.id), ['s036', 's042', 'odd-1'], 'a hospital is no district office');
});

test('a state moves no tile', () => {
	const places = sites => groupSites(sites).map(g => g.sites.map(s => s.id).join()).join('|');
	const before = places(city());
	for (const state of ['down', 'impacted', 'unknown', 'warn', 'backup', 'maint', 'planned'])
		for (let i = 0; i < city().length; i++) {
			const sites = city();
			sites[i].state = state;
			assert.equal(places(sites), before);
		}
});

const incident = (id, severity, opened, more = {}) => ({ id, number: Number(id.slice(4)), severity, opened, state: 'open', acked: null, version: 1, site: null, closed: null, ...more });

test('what nobody has taken comes first, then the worst, then the newest', () => {
	const acked = { acked: { by: 'a', at: null, comment: 'x', until: null } };
	const list = [incident('inc-1', 'critical', '2026-11-21T01:00:00Z', acked), incident('inc-2', 'warning', '2026-11-21T03:00:00Z'), incident('inc-3', 'major', '2026-11-21T01:00:00Z'), incident('inc-4', 'major', '2026-11-21T02:00:00Z')];
	assert.deepEqual(sortIncidents(list).map(i => i.id), ['inc-4', 'inc-3', 'inc-2', 'inc-1']);
});

test('an older version of an incident changes nothing', () => {
	const store = new Store();
	const said = [];
	store.announce = (what, i) => said.push(`${what} ${i.id}`);
	store.applyIncident(incident('inc-1', 'major', '2026-11-21T01:00:00Z', { version: 3 }));
	store.applyIncident(incident('inc-1', 'minor', '2026-11-21T01:00:00Z', { version: 2 }));
	assert.equal(store.incidents.get('inc-1').severity, 'major');
	store.applyIncident(incident('inc-1', 'major', '2026-11-21T01:00:00Z', { version: 4, state: 'closed' }));
	assert.deepEqual(said, ['new inc-1', 'closed inc-1']);
});

test('a batch changes what it names, and counts follow', () => {
	const store = new Store();
	for (const s of city())
		store.sites.set(s.id, s);
	store.applyBatch({ sites: [['s001', 'down', '2026-11-21T01:00:00Z', null, 100, null, null, 'isolated', 'inc-1'], ['gone', 'down', null, null, null, null, null, 'isolated', null]], links: [] });
	assert.equal(store.counts().down, 1);
	assert.equal(store.counts().ok, 8);
	assert.equal(store.sites.get('s001').rtt_ms, null);
	assert.equal(store.sites.get('s001').cause, 'inc-1');
});

test('children of an incident are the sites that it explains', () => {
	const store = new Store();
	for (const s of city())
		store.sites.set(s.id, s);
	for (const id of ['s001', 's002', 'node-1'])
		Object.assign(store.sites.get(id), { cause: 'inc-1', state: id === 'node-1' ? 'down' : 'impacted' });
	assert.deepEqual(store.children(incident('inc-1', 'critical', null, { site: 'node-1' })).map(s => s.id), ['s001', 's002']);
});

test('views are told once per change, with what changed', async () => {
	const store = new Store(), told = [];
	for (const s of city())
		store.sites.set(s.id, s);
	const off = store.on(['sites'], ids => told.push([...ids]));
	const row = id => [id, 'down', null, null, null, null, null, 'isolated', null];
	store.applyBatch({ sites: [row('s001')], links: [] });
	store.applyBatch({ sites: [row('s002')], links: [] });
	await Promise.resolve();
	off();
	store.applyBatch({ sites: [row('s006')], links: [] });
	await Promise.resolve();
	assert.deepEqual(told, [['s001', 's002']]);
});

test('paths name pages; what is none is missing', () => {
	for (const [path, page, id] of [['/', 'overview', ''], ['/situs', 'sites', ''], ['/situs/s001', 'site', 's001'], ['/tautan/s001-1', 'link', 's001-1'], ['/insiden/inc-12', 'incident', 'inc-12'],
		['/insiden/12', 'missing', ''], ['/situs/S001', 'missing', ''], ['/situs/', 'missing', ''], ['/situs/a/b', 'missing', '']]) {
		const r = match(path);
		assert.deepEqual([r.page, r.id], [page, id], path);
	}
});

test('a range in the URL stands, else it follows the clock', () => {
	const of = text => rangeOf(new URLSearchParams(text), 1e9);
	assert.deepEqual(of('from=100&to=200'), { from: 100, to: 200, live: false, name: '' });
	assert.deepEqual(of('range=24h'), { from: 1e9 - 86400, to: 1e9, live: true, name: '24h' });
	for (const nonsense of ['', 'range=9y', 'from=200&to=100', 'from=a&to=b', 'from=-5&to=7', 'from=1.5&to=9'])
		assert.deepEqual(of(nonsense), { from: 1e9 - 6 * 3600, to: 1e9, live: true, name: '6h' }, nonsense);
});
