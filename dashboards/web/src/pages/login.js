// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Log-in, and the change of a password (of the one-time one at first, or by choice).
import { Problem, call } from '../api.js';
import { lang, setLang, t } from '../i18n.js';
import { here } from '../router.js';
import { prefs } from '../prefs.js';
import { store } from '../store.js';
import { View, html, nothing } from '../view.js';
import { problemText } from '../words.js';

const SHORTEST = 12;

/** The form alone; the dialog of a session that is over uses it, too. */
class LoginForm extends View {
	static properties = { user: { type: String } };

	constructor() {
		super();
		this.user = '';
		this.error = '';
		this.busy = false;
		this.visible = false;
	}

	/** @param {SubmitEvent} e */
	async submit(e) {
		e.preventDefault();
		if (this.busy)
			return;
		const form = /** @type {HTMLFormElement} */ (e.target), data = new FormData(form);
		this.busy = true;
		this.error = '';
		this.requestUpdate();
		try {
			const session = await call('POST', '/session', { user: String(data.get('user')).trim(), password: String(data.get('password')) }, { quiet: true });
			form.reset();
			this.dispatchEvent(new CustomEvent('loggedin', { detail: session, bubbles: true }));
		} catch (x) {
			if (!(x instanceof Problem))
				throw x;
			this.error = problemText(x);
		}
		this.busy = false;
		this.requestUpdate();
		await this.updateComplete;
		if (this.error)
			/** @type {HTMLInputElement|null} */ (this.querySelector('input[name=password]'))?.select();
	}

	render() {
		return html`<form class="login-form" @submit=${this.submit}>
			<label for="login-user">${t('login.user')}</label>
			<input id="login-user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="63" .value=${this.user}>
			<label for="login-password">${t('login.password')}</label>
			<div class="password"><input id="login-password" name="password" type=${this.visible ? 'text' : 'password'} autocomplete="current-password" required maxlength="256" aria-describedby=${this.error ? 'login-error' : nothing}>
			<button type="button" class="button plain" aria-pressed=${this.visible} @click=${() => { this.visible = !this.visible; this.requestUpdate(); }}>${t(this.visible ? 'login.hide' : 'login.show')}</button></div>
			${this.error ? html`<p class="error" id="login-error" role="alert">${this.error}</p>` : nothing}
			<button class="button primary wide" ?disabled=${this.busy}>${this.busy ? t('login.busy') : t('login.do')}</button></form>`;
	}
}

customElements.define('simpul-login-form', LoginForm);

class PasswordForm extends View {
	constructor() {
		super();
		this.error = '';
		this.busy = false;
	}

	/** @param {SubmitEvent} e */
	async submit(e) {
		e.preventDefault();
		const form = /** @type {HTMLFormElement} */ (e.target), data = new FormData(form);
		const old = String(data.get('old')), next = String(data.get('new'));
		this.error = next.length < SHORTEST ? t('login.short', { n: SHORTEST }) : next !== data.get('again') ? t('login.differ') : next === old ? t('login.same') : '';
		this.requestUpdate();
		if (this.error || this.busy)
			return;
		this.busy = true;
		try {
			await call('POST', '/session/password', { old, new: next }, { quiet: true });
			form.reset();
			this.dispatchEvent(new CustomEvent('changed', { bubbles: true }));
		} catch (x) {
			if (!(x instanceof Problem))
				throw x;
			this.error = x.status === 401 ? t('login.old_wrong') : problemText(x);
		}
		this.busy = false;
		this.requestUpdate();
	}

	/** @param {string} name @param {string} auto */
	field(name, auto) {
		return html`<label for=${'pw-' + name}>${t('login.' + name)}</label><input id=${'pw-' + name} name=${name} type="password" autocomplete=${auto} required maxlength="256"
			minlength=${name === 'old' ? nothing : SHORTEST} aria-describedby=${name === 'new' ? 'pw-help' : nothing}>`;
	}

	render() {
		return html`<form class="login-form" @submit=${this.submit} novalidate>
			<input class="hide" name="user" autocomplete="username" aria-hidden="true" tabindex="-1" .value=${store.session?.user ?? ''}>
			${this.field('old', 'current-password')}${this.field('new', 'new-password')}<p class="help" id="pw-help">${t('login.rule', { n: SHORTEST })}</p>${this.field('again', 'new-password')}
			${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
			<button class="button primary wide" ?disabled=${this.busy}>${t('login.save')}</button></form>`;
	}
}

customElements.define('simpul-password-form', PasswordForm);

class Login extends View {
	static topics = /** @type {any} */ (['session']);
	static properties = { query: { type: String } };

	constructor() {
		super();
		this.query = '';
	}

	render() {
		const s = store.session, change = s && (s.must_change || here().query.get('ganti'));
		return html`<div class="login"><div class="login-box panel"><p class="brand"><svg width="28" height="28" viewBox="0 0 24 24" aria-hidden="true"><use href="#i-simpul"></use></svg>simpul</p>
			${change ? html`<h1 tabindex="-1">${t('login.change')}</h1>${s.must_change ? html`<p class="m">${t('login.must_change')}</p>` : nothing}
				<simpul-password-form @changed=${() => this.dispatchEvent(new CustomEvent('passwordchanged', { bubbles: true }))}></simpul-password-form>
				${s.must_change ? nothing : html`<p><a href="/">${t('cancel')}</a></p>`}` : html`<h1 tabindex="-1">${t('login.title')}</h1><p class="m">${t('login.lead')}</p>
				<simpul-login-form></simpul-login-form>`}
			<p class="langs">${['id', 'en'].map(x => html`<button type="button" class="chip" lang=${x} aria-pressed=${lang() === x} @click=${() => { setLang(x); prefs.set('lang', x); }}>${x === 'id' ? 'Bahasa Indonesia' : 'English'}</button> `)}</p>
			</div></div>`;
	}
}

customElements.define('simpul-login', Login);

/** Where to go after the log-in: only to our own pages. @param {string} role */
export function homeOf(role) {
	const wanted = here().query.get('ke') ?? '';
	if (/^\/[a-z]/.test(wanted) && !wanted.startsWith('/masuk'))
		return wanted;
	return role === 'opd' ? '/kantor' : '/';
}

