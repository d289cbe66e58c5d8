// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The shell around every page: heading, navigation, search, clock, banner, announcements, the dialogs.
import { Problem, call, get, setCsrf, whenLoggedOut } from './api.js';
import { clock, date, duration } from './format.js';
import { lang, setLang, t } from './i18n.js';
import { startKeys } from './keys.js';
import { live } from './live.js';
import { prefs } from './prefs.js';
import { go, here, redirect, startRouter } from './router.js';
import { store } from './store.js';
import { applyTheme, chooseTheme, onTheme, theme } from './theme.js';
import { showTitle } from './title.js';
import { View, html, nothing, ticks } from './view.js';
import { ackBy, incidentTitle } from './words.js';
import { icon } from './parts/state.js';
import './parts/ack.js';
import './parts/search.js';
import { homeOf } from './pages/login.js';
import { keyTable, legend } from './pages/help.js';
import './pages/incident.js';
import './pages/incidents.js';
import './pages/link.js';
import './pages/office.js';
import './pages/overview.js';
import './pages/service.js';
import './pages/services.js';
import './pages/site.js';
import './pages/sites.js';

/** Pages of the navigation: path, name, icon, roles. @type {[string, string, string, string[]][]} */
const NAV = [
	['/', 'overview', 'overview', ['admin', 'noc', 'planner']],
	['/kantor', 'office', 'office', ['opd']],
	['/situs', 'sites', 'list', ['admin', 'noc', 'planner']],
	['/layanan', 'services', 'service', ['admin', 'noc', 'planner', 'opd']],
	['/insiden', 'incidents', 'bell', ['admin', 'noc', 'planner', 'opd']],
	['/bantuan', 'help', 'help', ['admin', 'noc', 'planner', 'opd']],
];
/** Pages that an office does not have. */
const NOT_FOR_OPD = ['overview', 'sites'];
const SAY_EVERY_MS = 5000;
const BACK_MS = 8000;
const DOUBTFUL_S = 20;

class App extends View {
	static topics = /** @type {any} */ (['session', 'conn', 'loaded']);

	constructor() {
		super();
		this.started = false;
		this.startProblem = '';
		this.sessionOver = false;
		this.backText = '';
		/** @type {{alert: boolean, text: string}[]} */
		this.toSay = [];
		this.lastSaid = 0;
		this.route = here();
	}

	connectedCallback() {
		super.connectedCallback();
		startRouter((r, moved) => this.moved(r, moved));
		startKeys({ search: () => this.openSearch(), help: () => this.openHelp() });
		whenLoggedOut(() => this.loggedOut());
		live.onSessionGone = () => this.loggedOut();
		live.onBack = changes => this.back(changes);
		store.announce = (what, i) => this.announceIncident(what, i);
		store.on(['incidents', 'loaded', 'session'], () => showTitle());
		onTheme(() => this.requestUpdate());
		this.addEventListener('loggedin', e => this.loggedIn(/** @type {CustomEvent} */ (e).detail));
		this.addEventListener('passwordchanged', () => this.passwordChanged());
		this.addEventListener('logout', () => this.logOut());
		this.addEventListener('named', () => this.nameDocument());
		setInterval(() => this.sayNext(), 1000);
		this.start();
	}

	// ---- the session ----

	async start() {
		try {
			await this.enter(await get('/session', { quiet: true }));
		} catch (e) {
			if (!(e instanceof Problem))
				throw e;
			if (e.status === 401) {
				this.toLogin();
			} else {
				this.startProblem = t(e.status ? 'problem.internal' : 'problem.unreachable');
				setTimeout(() => this.start(), 5000);
			}
		}
		this.started = true;
		this.requestUpdate();
	}

	/** @param {import('./store.js').Session} session */
	async enter(session) {
		this.startProblem = '';
		setCsrf(session.csrf);
		if (session.lang !== lang())
			setLang(session.lang);
		store.setSession(session);
		applyTheme(session.role);
		if (session.must_change) {
			if (here().page !== 'login')
				redirect('/masuk');
			return;
		}
		live.start(session.user);
		const r = here();
		if (r.page === 'login' && !r.query.get('ganti'))
			redirect(homeOf(session.role));
		else if (session.role === 'opd' && NOT_FOR_OPD.includes(r.page))
			redirect('/kantor');
		this.requestUpdate();
	}

	/** @param {import('./store.js').Session} session */
	async loggedIn(session) {
		const same = this.sessionOver && store.session?.user === session.user;
		this.sessionOver = false;
		/** @type {HTMLDialogElement|null} */ (this.querySelector('#session-over'))?.close();
		if (!same)
			store.setSession(null);
		await this.enter(session);
	}

	async passwordChanged() {
		try {
			const session = await get('/session', { quiet: true });
			await this.enter(session);
			this.say(t('login.changed'), false);
			redirect(homeOf(session.role));
		} catch (e) {
			if (!(e instanceof Problem))
				throw e;
			store.setSession(null);
			this.toLogin();
		}
	}

	/** The server knows us no more. What is on the page stays; a dialog asks to log in again. */
	loggedOut() {
		if (this.sessionOver || here().page === 'login')
			return;
		live.stop();
		if (!store.session) {
			this.toLogin();
			return;
		}
		this.sessionOver = true;
		this.requestUpdate();
		this.updateComplete.then(() => /** @type {HTMLDialogElement|null} */ (this.querySelector('#session-over'))?.showModal());
	}

	toLogin() {
		const from = location.pathname + location.search;
		applyTheme(undefined);
		if (here().page !== 'login')
			redirect('/masuk' + (from === '/' ? '' : '?ke=' + encodeURIComponent(from)));
	}

	async logOut() {
		try {
			await call('DELETE', '/session', undefined, { quiet: true });
		} catch (e) {
			if (!(e instanceof Problem) || e.status !== 401) {
				this.say(t('problem.unreachable'), true);
				return;
			}
		}
		live.sayGone();
		live.stop();
		setCsrf('');
		store.setSession(null);
		go('/masuk');
		applyTheme(undefined);
	}

	/** @param {string} next */
	async chooseLang(next) {
		setLang(next);
		prefs.set('lang', next);
		this.nameDocument();
		try {
			const session = await call('PATCH', '/session', { lang: next });
			if (store.session)
				store.session.lang = session.lang;
		} catch (e) {
			if (!(e instanceof Problem))
				throw e;	// else: the choice holds on this device
		}
	}

	// ---- moving about ----

	/** @param {import('./router.js').Route} r @param {boolean} moved to another page */
	moved(r, moved) {
		if (store.session?.role === 'opd' && NOT_FOR_OPD.includes(r.page)) {
			redirect('/kantor');
			return;
		}
		const other = r.path !== this.route.path;
		this.route = r;
		this.requestUpdate();
		if (!moved || !other)
			return;
		scrollTo(0, 0);
		this.updateComplete.then(async () => {
			await new Promise(requestAnimationFrame);
			this.nameDocument();
			/** @type {HTMLElement|null} */ (this.querySelector('main h1'))?.focus({ preventScroll: true });
		});
	}

	nameDocument() {
		this.updateComplete.then(() => setTimeout(() => showTitle(this.querySelector('main h1')?.textContent?.trim() || t('page.' + this.route.page)), 0));
	}

	updated() {
		document.documentElement.classList.toggle('dim', store.isStale());
		this.nameDocument();
	}

	openSearch() {
		/** @type {any} */ (this.querySelector('simpul-search'))?.open();
	}

	openHelp() {
		const d = /** @type {HTMLDialogElement|null} */ (this.querySelector('#help-dialog'));
		if (d && !d.open)
			d.showModal();
	}

	// ---- what is said aloud ----

	/** @param {'new'|'acked'|'closed'} what @param {import('./store.js').Incident} i */
	announceIncident(what, i) {
		const title = incidentTitle(i);
		if (what === 'new')
			this.say(t('say.new', { title }), i.severity === 'critical' || i.severity === 'major');
		else if (what === 'closed')
			this.say(t('say.closed', { title }), false);
		else
			this.say(t('say.acked', { title, by: ackBy(i.acked) }), false);
	}

	/** At most one announcement in five seconds; alarms first. @param {string} text @param {boolean} alert */
	say(text, alert) {
		if (alert)
			this.toSay.unshift({ alert, text });
		else
			this.toSay.push({ alert, text });
		this.toSay.length = Math.min(this.toSay.length, 5);
		this.sayNext();
	}

	sayNext() {
		if (!this.toSay.length || Date.now() - this.lastSaid < SAY_EVERY_MS)
			return;
		const { alert, text } = /** @type {{alert: boolean, text: string}} */ (this.toSay.shift());
		this.lastSaid = Date.now();
		const box = this.querySelector(alert ? '#say-alert' : '#say-status');
		if (box)
			box.textContent = text;
	}

	/** @param {number} changes sites in another state than before the break */
	back(changes) {
		if (!this.wasLost)
			return;
		this.wasLost = false;
		this.backText = changes ? t('banner.back', { n: changes }) : t('banner.back.same');
		this.say(this.backText, false);
		this.requestUpdate();
		setTimeout(() => {
			this.backText = '';
			this.requestUpdate();
		}, BACK_MS);
	}

	// ---- drawing ----

	banner() {
		const c = store.conn;
		if (!store.session || this.route.page === 'login')
			return nothing;
		if (c.stream === 'lost') {
			this.wasLost = true;
			return html`<div class="banner lost" role="alert"><b>${t('banner.lost', { t: clock(c.lostAt) })}</b> <span>${t('banner.last', { t: clock(c.heard ? c.heard + store.skew : null) })}</span>
				<span>${ticks(() => { const s = Math.ceil((c.retryAt - Date.now()) / 1000); return s > 0 ? t('banner.retry', { t: duration(s) }) : t('banner.retrying'); })}</span>
				<button type="button" class="button plain" @click=${() => live.retry()}>${t('banner.now')}</button></div>`;
		}
		if (!store.engine.connected) {
			this.wasLost = true;
			return html`<div class="banner lost" role="alert"><b>${t('banner.engine')}</b> <span>${t('banner.last', { t: clock(store.engine.last) })}</span></div>`;
		}
		if (store.newVersion)
			return html`<div class="banner" role="status"><b>${t('banner.version')}</b> <button type="button" class="button plain" @click=${() => location.reload()}>${t('banner.reload')}</button></div>`;
		return this.backText ? html`<div class="banner back" role="status">${this.backText}</div>` : nothing;
	}

	live() {
		const text = () => {
			if (store.conn.stream !== 'live')
				return t(store.conn.stream === 'lost' ? 'live.lost' : 'live.starting');
			if (!store.engine.connected)
				return t('live.engine');
			return t('live.age', { t: duration(Math.max(0, (Date.now() - store.conn.heard) / 1000)) });
		};
		const old = store.conn.stream !== 'live' || (Date.now() - store.conn.heard) / 1000 > DOUBTFUL_S;
		return html`<div class="live ${old || store.isStale() ? 'old' : ''}"><i></i><span><span class="x">${store.conn.stream === 'live' && store.engine.connected ? t('live.live') + ' · ' : ''}</span>${ticks(text)}</span></div>`;
	}

	/** @param {string} css */
	nav(css) {
		const role = store.session?.role ?? '';
		const at = (/** @type {string} */ path) => path === '/' ? this.route.path === '/' : this.route.path.startsWith(path) || (path === '/situs' && this.route.page === 'link');
		return html`<nav class=${css} aria-label=${t('nav.title')}>${NAV.filter(n => n[3].includes(role)).map(([path, name, image]) => html`<a href=${path} aria-current=${at(path) ? 'page' : nothing}>
			${icon(image, 22)}<span>${t('page.' + name)}</span></a>`)}</nav>`;
	}

	top() {
		const s = store.session, other = lang() === 'id' ? 'en' : 'id';
		return html`<header class="top"><a class="brand" href=${s?.role === 'opd' ? '/kantor' : '/'}><svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true"><use href="#i-simpul"></use></svg>simpul<small>NOC Diskominfo Kota Pontianak</small></a>
			${this.nav('main-nav')}<div class="grow"></div>
			${s?.role === 'opd' ? nothing : html`<button type="button" class="search-open" aria-label=${t('search.hint')} @click=${() => this.openSearch()}>${icon('search', 18)}<span>${t('search.hint')}</span><kbd aria-hidden="true">/</kbd></button>`}
			${this.live()}
			<button type="button" class="tool theme" aria-label=${t('theme.switch')} @click=${() => chooseTheme(theme() === 'dark' ? 'light' : 'dark')}>${icon(theme() === 'dark' ? 'sun' : 'moon', 18)}</button>
			<button type="button" class="tool lang" aria-label=${t('lang.switch')} @click=${() => this.chooseLang(other)}><b>${lang().toUpperCase()}</b> · ${other.toUpperCase()}</button>
			<button type="button" class="tool user" @click=${() => this.logOut()}>${icon('out', 18)}<span>${s?.user}</span><span class="hide"> ${t('logout')}</span></button>
			<div class="clock"><b>${ticks(() => clock(store.now()))}</b><span>${ticks(() => date(store.now()).replace(',', '') + ' · WIB')}</span></div></header>`;
	}

	page() {
		const r = this.route, q = r.query.toString();
		switch (r.page) {
		case 'overview':
			return html`<simpul-overview></simpul-overview>`;
		case 'sites':
			return html`<simpul-sites query=${q}></simpul-sites>`;
		case 'site':
			return html`<simpul-site object=${r.id}></simpul-site>`;
		case 'link':
			return html`<simpul-link object=${r.id}></simpul-link>`;
		case 'services':
			return html`<simpul-services query=${q}></simpul-services>`;
		case 'service':
			return html`<simpul-service object=${r.id}></simpul-service>`;
		case 'incidents':
			return html`<simpul-incidents query=${q}></simpul-incidents>`;
		case 'incident':
			return html`<simpul-incident object=${r.id}></simpul-incident>`;
		case 'office':
			return html`<simpul-office query=${q}></simpul-office>`;
		case 'help':
			return html`<simpul-help></simpul-help>`;
		default:
			return html`<div class="page"><div class="panel message"><h1 tabindex="-1">${t('missing.title')}</h1><p>${t('missing.page')}</p><p><a class="button plain" href="/">${t('missing.home')}</a></p></div></div>`;
		}
	}

	render() {
		const s = store.session, login = this.route.page === 'login' || !s || s.must_change;
		const shell = s && !login;
		return html`${shell ? html`<a class="skip" href="#main" @click=${(/** @type {Event} */ e) => { e.preventDefault(); /** @type {HTMLElement|null} */ (this.querySelector('#main'))?.focus(); }}>${t('skip')}</a>${this.top()}` : nothing}
			<div class="banner-place">${this.banner()}</div>
			<main id="main" tabindex="-1" class=${'on-' + (login ? 'login' : this.route.page)}>${!this.started || this.startProblem ? html`<p class="empty" role="status">${this.startProblem || t('loading')}</p>`
		: login ? html`<simpul-login query=${this.route.query.toString()}></simpul-login>` : this.page()}</main>
			${shell ? html`${this.nav('tabs')}<simpul-ack></simpul-ack><simpul-search></simpul-search>
			<dialog id="help-dialog" aria-labelledby="help-dialog-title"><h2 id="help-dialog-title">${t('page.help')}</h2><div class="columns"><div>${keyTable()}</div><div>${legend()}</div></div>
			<div class="buttons"><a class="button plain" href="/bantuan" @click=${() => /** @type {any} */ (this.querySelector('#help-dialog')).close()}>${t('help.page')}</a><button type="button" class="button strong" @click=${() => /** @type {any} */ (this.querySelector('#help-dialog')).close()}>${t('close')}</button></div></dialog>
			<dialog id="session-over" aria-labelledby="session-over-title" @cancel=${(/** @type {Event} */ e) => e.preventDefault()}><h2 id="session-over-title">${t('session.over')}</h2><p>${t('session.over.text')}</p>
			${this.sessionOver ? html`<simpul-login-form user=${s.user}></simpul-login-form>` : nothing}</dialog>` : nothing}
			<div id="say-alert" class="hide" role="alert"></div><div id="say-status" class="hide" role="status"></div>`;
	}
}

customElements.define('simpul-app', App);

