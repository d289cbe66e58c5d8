// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The strip of counts. Each is a link to the sites that it counts.
import { number } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { View, html, nothing } from '../view.js';
import { stateWord } from '../words.js';
import { mark, shareBar } from './state.js';

const SHOWN = ['down', 'impacted', 'warn', 'backup', 'unknown', 'maint'];
const BAR = ['ok', 'backup', 'warn', 'impacted', 'down', 'unknown', 'maint'];

class Counts extends View {
	static topics = /** @type {any} */ (['sites', 'incidents', 'loaded']);

	render() {
		const n = store.counts();
		const live = store.sites.size - n.planned;
		const unacked = store.unacked();
		return html`<h2 class="hide">${t('counts.title')}</h2><ul class="counts">
			<li class="count first"><a href="/situs?state=ok"><span class="what">${t('counts.ok')}</span>
				<b>${number(n.ok)} <small>${t('counts.of', { n: number(live) })}</small></b>
				${shareBar(BAR.map(s => [s, n[s]]))}</a></li>
			${SHOWN.map(s => html`<li class="count ${s} ${n[s] ? 'some' : 'none'}"><a href=${'/situs?state=' + s}>
				<span class="what">${mark(s)}${capital(stateWord(s))}</span><b>${number(n[s])}</b></a></li>`)}
			<li class="count unacked ${unacked ? 'some' : 'none'}"><a href="/insiden"><span class="what">${t('counts.unacked')}</span>
				<b>${number(unacked)} <small>${t('counts.open', { n: store.openIncidents().length })}</small></b></a></li>
			${n.planned ? html`<li class="count planned none"><a href="/situs?state=planned"><span class="what">${mark('planned')}${capital(stateWord('planned'))}</span>
				<b>${number(n.planned)}</b></a></li>` : nothing}</ul>`;
	}
}

/** @param {string} text */
export function capital(text) {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

customElements.define('simpul-counts', Counts);
