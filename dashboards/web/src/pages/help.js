// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Help: what the marks mean, which keys act, and the few things one can set on this device.
import { t } from '../i18n.js';
import { shortcutsOn, switchShortcuts } from '../keys.js';
import { STATES, store } from '../store.js';
import { chooseTheme, onTheme, theme } from '../theme.js';
import { View, html, nothing } from '../view.js';
import { stateLabel } from '../parts/state.js';
import { capital } from '../parts/counts.js';
import { stateWord } from '../words.js';

const KEYS = [['/', 'search'], ['J K', 'move'], ['Enter', 'open'], ['A', 'ack'], ['0', 'zoom'], ['G R', 'go.overview'], ['G S', 'go.sites'], ['G I', 'go.incidents'], ['G B', 'go.help'], ['?', 'help'], ['Esc', 'close']];

/** Where the licences of what the pages are made of lie; the build puts it into index.html. */
const LICENCES = document.querySelector('link[rel="license"]')?.getAttribute('href') ?? '';

/** The tables, for the page and for the dialog behind "?". */
export function legend() {
	return html`<h3>${t('help.states')}</h3><dl class="legend">${STATES.map(s => html`<div><dt>${stateLabel(s, capital(stateWord(s)), 18)}</dt><dd>${t('help.state.' + s)}</dd></div>`)}</dl>`;
}

export function keyTable() {
	return html`<h3>${t('help.keys')}</h3><dl class="legend keys">${KEYS.map(([k, what]) => html`<div><dt>${k.split(' ').map(x => html`<kbd>${x}</kbd> `)}</dt><dd>${t('help.key.' + what)}</dd></div>`)}</dl>`;
}

class Help extends View {
	static topics = /** @type {any} */ (['session']);

	connectedCallback() {
		super.connectedCallback();
		this.offTheme = onTheme(() => this.requestUpdate());
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		this.offTheme?.();
	}

	render() {
		const on = shortcutsOn(), s = store.session;
		return html`<div class="page help-page"><h1 tabindex="-1">${t('page.help')}</h1>
			<section class="panel text">${legend()}<h3>${t('help.values')}</h3><p>${t('help.values.text')}</p><p>${t('help.time.text')}</p></section>
			<section class="panel text">${keyTable()}
			<p><button type="button" class="chip" aria-pressed=${on} @click=${() => { switchShortcuts(!on); this.requestUpdate(); }}>${t(on ? 'help.keys.on' : 'help.keys.off')}</button></p>
			<h3>${t('help.look')}</h3><p>${['dark', 'light'].map(x => html`<button type="button" class="chip" aria-pressed=${theme() === x} @click=${() => chooseTheme(/** @type {any} */ (x))}>${t('theme.' + x)}</button> `)}</p>
			${s ? html`<h3>${t('help.account')}</h3><p>${t('help.account.text', { user: s.user, role: t('role.user.' + s.role) })}</p><p class="row-of"><a class="button plain" href="/masuk?ganti=1">${t('login.change')}</a>
				<button type="button" class="button plain" @click=${() => this.dispatchEvent(new CustomEvent('logout', { bubbles: true }))}>${t('logout.do')}</button></p>` : nothing}
			${LICENCES ? html`<h3>${t('help.licences')}</h3><p><a href=${LICENCES}>${t('help.licences.text')}</a></p>` : nothing}</section></div>`;
	}
}

customElements.define('simpul-help', Help);
