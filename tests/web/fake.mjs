// SPDX-License-Identifier: GPL-3.0-or-later
// fake.mjs: plays simpul-web for tests of the pages alone: serves a built folder, and the API from etc/inventory with
// made-up values. A test changes the city by methods, and breaks what should break. No part of it is a model of how
// the engine decides: it says what it is told to say.
//
//	node fake.mjs DIST [PORT]	to look at the pages by hand; users noc, budi, planner, admin, opd; password as the user
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8' };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const PAGES = /^\/(masuk|situs(\/[a-z0-9-]+)?|tautan\/[a-z0-9-]+|insiden(\/inc-[0-9]+)?|kantor|bantuan)?$/;

/** Rows of one of the CSV files. They hold no quotes. */
function csv(name) {
	const lines = readFileSync(join(TOP, 'etc/inventory', name), 'utf8').split('\n').filter(l => l && !l.startsWith('#'));
	const head = lines[0].split(',');
	return lines.slice(1).map(l => Object.fromEntries(l.split(',').map((v, i) => [head[i], v === '' ? null : v])));
}

const iso = ms => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** Repeatable noise in 0..1. */
function noise(seed) {
	let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
	x = Math.imul(x ^ x >>> 13, 0xc2b2ae35);
	return ((x ^ x >>> 16) >>> 0) / 4294967296;
}

const hash = text => [...text].reduce((h, c) => Math.imul(h, 31) + c.charCodeAt(0) | 0, 7);

/** Load of an office over the day, 0..1, in the zone of Pontianak. */
function load(t) {
	const h = ((t + 7 * 3600) % 86400) / 3600;
	return 0.12 + 0.55 * Math.exp(-((h - 10.7) ** 2) / 9) + 0.45 * Math.exp(-((h - 14.5) ** 2) / 7);
}

export class Fake {
	constructor(dist, { sites = 0 } = {}) {
		this.dist = dist;
		this.seq = 1;
		this.streams = new Set();
		this.sessions = new Map();
		this.engine = { connected: true, last: iso(Date.now()) };
		this.version = '0.0.0';
		this.number = 1284;
		this.incidents = new Map();
		this.users = { noc: 'noc', budi: 'noc', admin: 'admin', planner: 'planner', opd: 'opd' };
		this.passwords = {};
		this.mustChange = new Set();
		this.requests = [];
		const since = iso(Date.now() - 5 * 86400e3 - 3 * 3600e3);
		this.links = new Map(csv('links.csv').map(l => [l.id, {
			id: l.id, site: l.site, site_name: '', role: l.role, provider: l.provider, product: l.product,
			contract_down_bps: l.down_mbps ? l.down_mbps * 1e6 : null, contract_up_bps: l.up_mbps ? l.up_mbps * 1e6 : null,
			committed: l.kind === 'committed', state: l.life === 'live' ? 'ok' : 'planned', state_detail: l.life === 'live' ? 'up' : 'never_up', since,
			rtt_ms: l.life === 'live' ? 1.2 + 3 * noise(hash(l.id)) : null, loss_pct: l.life === 'live' ? 0 : null, rx_bps: null, tx_bps: null, util_pct: null, mos: l.life === 'live' ? 4.4 : null, capacity: null,
			age_s: 4, proven_age_s: l.life === 'live' ? 4 : null, incident: null, address: l.address, parent: l.parent }]));
		this.sites = new Map(csv('sites.csv').map(s => [s.id, {
			id: s.id, name: s.name, short: s.short, kind: s.kind, district: s.district, class: s.class, life: s.life,
			state: s.life === 'live' ? 'ok' : 'planned', state_detail: s.life === 'live' ? 'ok' : 'planned', since, cause: null, parent: null,
			rtt_ms: null, loss_pct: null, rx_bps: null, tx_bps: null, links: [], age_s: 4 }]));
		for (let i = 0; this.sites.size < sites; i++)
			this.addSite(`x${i}a`, `Kantor rekaan ${i}`, since);
		for (const l of this.links.values()) {
			const s = this.sites.get(l.site);
			l.site_name = s.name;
			s.links.push({ id: l.id, role: l.role, state: l.state, state_detail: l.state_detail });
			if (l.role === 'main')
				Object.assign(s, { parent: l.parent, rtt_ms: l.rtt_ms, loss_pct: l.loss_pct });
		}
		for (const [id, contract] of [['node-1-1', 1e9], ['s002-1', 40e6], ['s025-1', 40e6], ['s036-3', 50e6], ['s061-1', 200e6], ['s051-1', 30e6]]) {
			const l = this.links.get(id);
			Object.assign(l, { contract_down_bps: contract, contract_up_bps: contract, rx_bps: contract * load(Date.now() / 1000), tx_bps: contract * 0.3 * load(Date.now() / 1000) });
			l.util_pct = 100 * l.rx_bps / contract;
			Object.assign(this.sites.get(l.site), { rx_bps: l.rx_bps, tx_bps: l.tx_bps });
		}
		this.timer = setInterval(() => this.send('ping', { now: iso(Date.now()) }), 15000);
	}

	addSite(id, name, since) {
		this.sites.set(id, { id, name, short: name, kind: 'opd', district: null, class: 'office', life: 'live', state: 'ok', state_detail: 'ok', since, cause: null, parent: null,
			rtt_ms: 2, loss_pct: 0, rx_bps: null, tx_bps: null, links: [], age_s: 3 });
	}

	listen(port = 0) {
		this.server = createServer((q, r) => this.handle(q, r).catch(e => {
			console.error(e);
			r.destroy();
		}));
		return new Promise(done => this.server.listen(port, '127.0.0.1', () => done(`http://127.0.0.1:${this.server.address().port}`)));
	}

	close() {
		clearInterval(this.timer);
		this.server.closeAllConnections?.();
		this.server.close();
	}

	// ---- what a test does to the city ----

	/** A site and its lines change; told at once. */
	setSite(id, state, detail = state, more = {}) {
		const s = this.sites.get(id);
		const dead = state === 'down' || state === 'impacted';
		Object.assign(s, { state, state_detail: detail, since: iso(Date.now()), ...dead ? { rtt_ms: null, loss_pct: 100 } : {}, ...more });
		const links = [];
		for (const own of s.links) {
			const l = this.links.get(own.id);
			Object.assign(l, { state: dead ? state : l.state === 'planned' ? 'planned' : 'ok', state_detail: dead ? state === 'down' ? 'down' : 'unreachable' : 'up', since: s.since,
				...dead ? { rtt_ms: null, loss_pct: 100 } : {}, incident: s.cause });
			own.state = l.state;
			links.push(l);
		}
		this.batch([s], links);
		return s;
	}

	batch(sites, links = []) {
		const row = o => [o.id, o.state, o.since, o.rtt_ms, o.loss_pct, o.rx_bps, o.tx_bps, o.state_detail];
		this.send('batch', { seq: ++this.seq, now: iso(Date.now()), sites: sites.map(s => [...row(s), s.cause]), links: links.map(l => [...row(l), l.incident]) });
	}

	/** An incident at a site; `children` are explained by it. */
	openIncident(site, kind = this.sites.get(site).links.length === 1 && this.sites.get(site).kind !== 'node' ? 'link.down' : 'site.isolated', { severity = 'major', children = [], ago = 0, evidence = null } = {}) {
		const number = ++this.number, id = `inc-${number}`, s = this.sites.get(site), main = s.links.find(l => l.role === 'main');
		const at = Date.now() - ago;
		const incident = { id, number, kind, severity, state: 'open', root: `link/${main.id}`, site, site_name: s.name, members: 1 + children.length, cause: 'provider_line', opened: iso(at), closed: null, version: 1, acked: null };
		this.incidents.set(id, { incident, members: [main.id, ...children.map(c => this.sites.get(c).links[0].id)],
			evidence: evidence ?? [`${main.id}: 3 rounds lost, the first at ${iso(at - 7000)}`, 'asked once more before deciding: it did not answer', '11 of 12 siblings answer'].map(fact => ({ t: iso(at), fact })) });
		const state = { 'site.isolated': ['down', 'isolated'], 'link.down': ['down', 'isolated'], 'site.on_backup': ['backup', 'on_backup'], 'site.backup_lost': ['warn', 'backup_lost'] }[kind] ?? ['warn', 'degraded'];
		this.setSite(site, state[0], state[1], { cause: id, since: iso(at) });
		for (const c of children)
			this.setSite(c, 'impacted', 'unreachable', { cause: id, since: iso(at) });
		this.send('incident', incident);
		return id;
	}

	/** What happened to its line packet by packet: gone for 20 s. */
	recording({ incident, members }, whole = false) {
		const began = Date.parse(incident.opened) - 7000, way = [['10.254.0.1'], ['10.9.0.3'], ['10.1.0.25']];
		const at_ms = Array.from({ length: 150 }, (_, i) => (i - 60) * 2000), lost = at_ms.map(t => t >= 0 && t < 20000);
		const r = { id: `rec-${incident.number}`, link: members[0], site: incident.site, incident: incident.id, reason: 'loss', end: null, started: iso(began), ended: null,
			sent: 150, lost: 10, gap: { lost: 10, from: new Date(began - 1000).toISOString(), to: new Date(began + 19400).toISOString() } };
		return whole ? { ...r, at_ms, rtt_us: at_ms.map((t, i) => lost[i] ? null : 9000 + Math.round(3000 * noise(i))), fate: lost.map(l => l ? 'l' : 'a').join(''), before: way, traces: [],
			changed: { hop: 2, old: way, new: [way[0], ['10.8.0.99'], way[2]] }, mtu: { verdict: 'black_hole', mtu: 1492, told: null, by: null } } : r;
	}

	closeIncident(id, ago = 0) {
		const { incident } = this.incidents.get(id);
		Object.assign(incident, { state: 'closed', closed: iso(Date.now() - ago), version: incident.version + 1 });
		for (const s of this.sites.values())
			if (s.cause === id)
				this.setSite(s.id, 'ok', 'ok', { cause: null, rtt_ms: 2.1, loss_pct: 0 });
		this.send('incident', incident);
	}

	setEngine(connected) {
		this.engine = { connected, last: connected ? iso(Date.now()) : this.engine.last };
		this.send('engine', this.engine);
	}

	dropStreams() {
		for (const s of this.streams)
			s.res.destroy();
	}

	send(name, data) {
		for (const s of this.streams)
			this.sendTo(s, name, data);
	}

	sendTo({ res, session }, name, data) {
		let out = data;
		if (session.sites && name === 'batch')
			out = { ...data, sites: data.sites.filter(s => session.sites.includes(s[0])), links: data.links.filter(l => session.sites.includes(this.links.get(l[0]).site)) };
		if (session.sites && name === 'incident' && !session.sites.includes(data.site))
			return;
		res.write(`id: ${++this.seq}\nevent: ${name}\ndata: ${JSON.stringify(out)}\n\n`);
	}

	// ---- HTTP ----

	async handle(req, res) {
		const url = new URL(req.url, 'http://fake');
		this.requests.push(`${req.method} ${url.pathname}`);
		res.setHeader('Content-Security-Policy', CSP);
		if (url.pathname.startsWith('/api/v1/'))
			return this.api(req, res, url);
		const path = PAGES.test(url.pathname) ? '/index.html' : url.pathname;
		try {
			if (!/^\/[a-zA-Z0-9./-]+$/.test(path) || path.includes('..'))
				throw new Error('path');
			const data = readFileSync(join(this.dist, path));
			res.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' });
			res.end(data);
		} catch {
			res.writeHead(404).end();
		}
	}

	problem(res, status, code, more = {}) {
		res.writeHead(status, { 'Content-Type': 'application/problem+json' });
		res.end(JSON.stringify({ type: 'about:blank', title: code, status, code, ...more }));
	}

	json(res, data) {
		res.writeHead(200, { 'Content-Type': 'application/json' });
		res.end(JSON.stringify(data));
	}

	async body(req) {
		let text = '';
		for await (const chunk of req)
			text += chunk;
		return JSON.parse(text || '{}');
	}

	async api(req, res, url) {
		const path = url.pathname.slice('/api/v1'.length), q = url.searchParams;
		const sid = /sid=([a-z0-9]+)/.exec(req.headers.cookie ?? '')?.[1] ?? '';
		const session = this.sessions.get(sid);
		if (path === '/session' && req.method === 'POST')
			return this.logIn(req, res);
		if (!session)
			return this.problem(res, 401, 'unauthorized');
		if (req.method !== 'GET' && req.headers['x-csrf-token'] !== session.csrf)
			return this.problem(res, 403, 'csrf');
		if (path === '/session' && req.method === 'GET')
			return this.json(res, session);
		if (path === '/session' && req.method === 'PATCH')
			return this.json(res, Object.assign(session, { lang: (await this.body(req)).lang }));
		if (path === '/session' && req.method === 'DELETE') {
			this.sessions.delete(sid);
			return res.writeHead(204).end();
		}
		if (path === '/session/password') {
			const { old, new: next } = await this.body(req);
			if (old !== (this.passwords[session.user] ?? session.user))
				return this.problem(res, 401, 'bad_credentials');
			this.passwords[session.user] = next;
			session.must_change = false;
			this.mustChange.delete(session.user);
			return res.writeHead(204).end();
		}
		if (session.must_change)
			return this.problem(res, 403, 'must_change_password');
		return this.data(req, res, path, q, session);
	}

	async logIn(req, res) {
		const { user, password } = await this.body(req);
		if (!this.users[user] || password !== (this.passwords[user] ?? user))
			return this.problem(res, 401, 'bad_credentials');
		const sid = `${Math.random().toString(36).slice(2)}`, role = this.users[user];
		const session = { user, role, sites: role === 'opd' ? ['s054'] : null, lang: 'id', csrf: `c${sid}`, expires: iso(Date.now() + 3600e3), must_change: this.mustChange.has(user) };
		this.sessions.set(sid, session);
		res.setHeader('Set-Cookie', `sid=${sid}; HttpOnly; SameSite=Strict; Path=/`);
		return this.json(res, session);
	}

	async data(req, res, path, q, session) {
		const sees = site => !session.sites || session.sites.includes(site);
		const sites = [...this.sites.values()].filter(s => sees(s.id)), links = [...this.links.values()].filter(l => sees(l.site));
		const incidents = [...this.incidents.values()].map(i => i.incident).filter(i => sees(i.site)).sort((a, b) => b.number - a.number);
		const page = items => {
			const limit = Number(q.get('limit') ?? 100), at = Number(q.get('cursor') ?? 0);
			return this.json(res, { items: items.slice(at, at + limit), next: at + limit < items.length ? String(at + limit) : null, total: items.length, seq: this.seq });
		};
		const bare = ({ parent, address, ...l }) => session.role === 'opd' ? l : { ...l, address };
		const service = (id, site, state, more) => ({ id, site, site_name: this.sites.get(site)?.name ?? site, kind: 'http', class: 'office', life: 'live', owner: 'kominfo',
			target: 'https://10.9.0.10/', state, state_detail: state, since: iso(Date.now() - 3600e3), total_ms: 120.4, ttfb_ms: 80.1, cert_days: 80, reason: null, incident: null, age_s: 4, ...more });
		const services = [service('portal', 's013', 'warn', { state_detail: 'degraded', cert_days: 12, reason: 'its certificate ends in 12 days' }),
			service('lpse', 's013', 'down', { cert_days: null, total_ms: null, reason: 'it refuses the connection to port 443' }), service('dns', 's014', 'ok', { kind: 'dns', cert_days: null })];
		let m;
		if (path === '/summary') {
			const counts = { ok: 0, warn: 0, down: 0, impacted: 0, backup: 0, maint: 0, unknown: 0, planned: 0 };
			sites.forEach(s => counts[s.state]++);
			const open = incidents.filter(i => i.state === 'open');
			return this.json(res, { seq: this.seq, ns: 'pontianak', now: iso(Date.now()), counts, sites: sites.length, links: links.length, unacked: open.filter(i => !i.acked).length, incidents: open.length,
				engine: { version: '0', up_since: null, age_s: 0, ...this.engine } });
		}
		if (path === '/sites')
			return page(sites);
		if (path === '/links')
			return page(links.map(bare));
		if (path === '/services')
			return page(services.filter(s => sees(s.site)));
		if ((m = /^\/services\/(.+)$/.exec(path)) && services.some(s => s.id === m[1] && sees(s.site)))
			return this.json(res, { ...services.find(s => s.id === m[1]), expect: 'status=200|max_s=2', parents: [],
				facts: [{ name: 'cert_days', value: 12.4, text: null }, { name: 'protocol', value: null, text: 'TLSv1.3' }],
				evidence: [{ t: iso(Date.now() - 4000), fact: 'last asked: as expected in 0.12 s (9 in a row)' }] });
		if (path === '/incidents')
			return page(incidents.filter(i => (q.get('state') ?? 'open') === 'all' || i.state === (q.get('state') ?? 'open')));
		if (path === '/events') {
			res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
			const stream = { res, session };
			this.streams.add(stream);
			req.on('close', () => this.streams.delete(stream));
			return this.sendTo(stream, 'hello', { seq: this.seq, now: iso(Date.now()), version: this.version });
		}
		if ((m = /^\/sites\/(.+)$/.exec(path)) && this.sites.has(m[1]) && sees(m[1])) {
			const s = this.sites.get(m[1]), parents = [];
			for (let p = s.parent; p; p = this.sites.get(p).parent)
				parents.push({ id: p, name: this.sites.get(p).name, state: this.sites.get(p).state });
			return this.json(res, { ...s, services: services.filter(v => v.site === s.id), links: s.links.map(l => bare(this.links.get(l.id))), parents, incidents: incidents.filter(i => i.site === s.id || i.id === s.cause).slice(0, 20),
				evidence: s.links.map(l => ({ t: s.since, fact: `${l.role} line ${l.id} (${this.links.get(l.id).provider}) is ${this.links.get(l.id).state_detail}` })) });
		}
		if ((m = /^\/links\/(.+)$/.exec(path)) && this.links.has(m[1]) && sees(this.links.get(m[1]).site)) {
			const l = this.links.get(m[1]);
			return this.json(res, { ...bare(l), parents: l.parent ? [{ id: l.parent, name: this.sites.get(l.parent).name, state: this.sites.get(l.parent).state }] : [],
				evidence: [{ t: iso(Date.now() - 4000), fact: l.rtt_ms === null ? 'last round lost (7 in a row)' : `last round answered, round trip ${l.rtt_ms.toFixed(1)} ms (at least 255 in a row)` }] });
		}
		if (path === '/recordings' && this.incidents.has(q.get('incident'))) {
			const i = this.incidents.get(q.get('incident'));
			return this.json(res, { items: sees(i.incident.site) ? [this.recording(i)] : [], next: null });
		}
		if ((m = /^\/recordings\/rec-(\d+)$/.exec(path)) && this.incidents.has(`inc-${m[1]}`) && sees(this.incidents.get(`inc-${m[1]}`).incident.site))
			return this.json(res, this.recording(this.incidents.get(`inc-${m[1]}`), true));
		if ((m = /^\/incidents\/(inc-\d+)(\/ack)?$/.exec(path)) && this.incidents.has(m[1]) && sees(this.incidents.get(m[1]).incident.site)) {
			const { incident, members, evidence } = this.incidents.get(m[1]);
			if (m[2]) {
				if (session.role !== 'noc' && session.role !== 'admin')
					return this.problem(res, 403, 'forbidden');
				const { comment, until, version } = await this.body(req);
				if (version !== incident.version)
					return this.problem(res, 409, 'conflict', { current: incident });
				Object.assign(incident, { version: version + 1, acked: { by: session.user, at: iso(Date.now()), comment, until: until ?? null } });
				this.json(res, incident);
				return this.send('incident', incident);
			}
			return this.json(res, { ...incident, members_count: members.length, evidence, members: members.map((id, i) => ({ object: `link/${id}`, name: this.links.get(id).site_name, state: i ? 'unreachable' : 'down', since: incident.opened, until: incident.closed })) });
		}
		const to = Number(q.get('to') ?? Date.now() / 1000), from = Number(q.get('from') ?? to - 3600);
		if (path === '/series')
			return this.json(res, this.series(q.getAll('ref'), from, to, Number(q.get('max_points') ?? 600), q.get('agg') ?? 'avg'));
		if ((m = /^\/latency\/(.+)$/.exec(path)) && this.links.has(m[1]))
			return this.json(res, this.latency(this.links.get(m[1]), from, to, Number(q.get('max_points') ?? 600)));
		return this.problem(res, 404, 'not_found');
	}

	times(from, to, points) {
		const step = [60, 300, 3600, 86400].find(s => (to - from) / s <= points) ?? 86400;
		const t = [];
		for (let at = Math.ceil(from / step) * step; at <= to; at += step)
			t.push(at);
		return { step, t };
	}

	/** Some hours of the night are not measured, so that a gap can be seen. */
	series(refs, from, to, points, agg) {
		const { step, t } = this.times(from, to, points), p95 = {};
		const series = refs.map(ref => {
			const [, id, value] = ref.split('/'), l = this.links.get(id), known = l?.rx_bps !== null;
			if (ref.startsWith('service/'))
				return { ref, unit: value === 'ok_ratio' ? 'ratio' : 's', agg, v: t.map(at => value === 'ok_ratio' ? 1 : 0.08 + 0.04 * noise(at ^ hash(ref))) };
			const share = value === 'rx_bps' ? 0.95 : 0.28;
			const v = t.map(at => !known || ((at + 7 * 3600) % 86400 > 3 * 3600 && (at + 7 * 3600) % 86400 < 3.6 * 3600) ? null
				: (l.contract_down_bps ?? 4e7) * share * load(at) * (0.9 + 0.14 * noise(at ^ hash(ref))) * (agg === 'max' ? 1.12 : 1));
			const sorted = v.filter(x => x !== null).sort((a, b) => a - b);
			p95[ref] = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? null;
			return { ref, unit: 'bit/s', agg, v };
		});
		return { step_s: step, t, series, p95 };
	}

	latency(l, from, to, points) {
		const { step, t } = this.times(from, to, points), h = hash(l.id), now = Date.now() / 1000;
		const out = { step_s: step, t, min_agg: step === 300 ? 'avg' : 'min', max_agg: 'max', min_ms: [], p25_ms: [], p50_ms: [], p75_ms: [], p95_ms: [], max_ms: [], loss_pct: [], pdv_p95_ms: [], mos: [] };
		for (const at of t) {
			const bad = l.loss_pct > 1 && at > now - 5000 ? 8 + 6 * noise(at ^ h) : at > now - 32000 && at < now - 30000 ? 2 + 4 * noise(at ^ h) : noise(at ^ h ^ 5) > 0.985 ? 5 : 0;
			const dead = l.rtt_ms === null && at > now - 600;
			const gap = (at + 7 * 3600) % 86400 > 3 * 3600 && (at + 7 * 3600) % 86400 < 3.6 * 3600;
			const m = 1.6 + 1.2 * load(at) + 0.25 * noise(at ^ h ^ 1) + bad * 0.34, s = 0.25 + 0.5 * noise(at ^ h ^ 2) + bad * 0.25;
			const row = dead || gap ? [null, null, null, null, null, null] : [m - 0.5 * s - 0.1, m - 0.25 * s, m, m + 0.6 * s, m + 1.2 * s, m + 1.7 * s];
			['min_ms', 'p25_ms', 'p50_ms', 'p75_ms', 'p95_ms', 'max_ms'].forEach((k, i) => out[k].push(row[i]));
			out.loss_pct.push(gap ? null : dead ? 100 : bad);
			out.pdv_p95_ms.push(row[4] === null ? null : row[4] - row[0]);
			out.mos.push(gap ? null : dead ? 1 : 4.4 - 0.1 * bad);
		}
		return out;
	}

	/** A city with some trouble, for looking at. */
	trouble() {
		this.closeIncident(this.openIncident('s042', 'site.isolated', { ago: 44 * 60e3 }), 20 * 60e3);
		this.closeIncident(this.openIncident('s016', 'link.degraded', { severity: 'warning', ago: 9 * 3600e3 }), 8.6 * 3600e3);
		const a = this.openIncident('s006', 'site.on_backup', { severity: 'minor', ago: 138 * 60e3 });
		const b = this.openIncident('s023', 'link.degraded', { severity: 'warning', ago: 41 * 60e3, evidence: [{ t: iso(Date.now() - 41 * 60e3), fact: 's023-1: loss_ratio beyond 0.05 for 180 s, last 0.081' }] });
		Object.assign(this.sites.get('s023'), { loss_pct: 8.1 });
		Object.assign(this.links.get('s023-1'), { loss_pct: 8.1, rtt_ms: 5.2, state: 'warn', state_detail: 'degraded' });
		this.openIncident('s040', 'site.backup_lost', { severity: 'warning', ago: 66 * 60e3 });
		for (const [id, by, comment, ago] of [[a, 'sari', 'serat putus di Jl. Ampera, Telkom dihubungi', 120], [b, 'rudi', 'redaman naik, teknisi menuju tiang 114', 30]])
			Object.assign(this.incidents.get(id).incident, { acked: { by, at: iso(Date.now() - ago * 60e3), comment, until: null }, version: 2 });
		this.setSite('s030', 'unknown', 'unknown', { rtt_ms: null, loss_pct: null, since: iso(Date.now() - 6 * 60e3) });
		this.openIncident('s054', 'site.isolated', { ago: 4 * 60e3 });
		this.openIncident('node-3', 'site.isolated', { severity: 'critical', ago: 12 * 60e3 + 34e3, children: ['s012', 's013', 's014', 's015', 's016', 's017', 's018', 's019', 's020', 's021', 's022'] });
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const fake = new Fake(resolve(process.argv[2]));
	console.log(await fake.listen(Number(process.argv[3] ?? 0)));
	fake.trouble();
}
