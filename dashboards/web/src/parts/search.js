// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Search from anywhere: sites, lines and incidents by name, id, address or provider. A combobox in a dialog.
import { t } from '../i18n.js';
import { go } from '../router.js';
import { store } from '../store.js';
import { View, html, nothing } from '../view.js';
import { incidentState, incidentTitle } from '../words.js';
import { siteMatches } from '../pages/sites.js';
import { mark } from './state.js';

const SHOWN = 12;

/** @typedef {{href: string, state: string, name: string, more: string}} Hit */

/** @param {string} text @returns {Hit[]} */
function hits(text) {
	const q = text.trim().toLowerCase();
	if (!q)
		return [];
	/** @type {Hit[]} */
	const found = [];
	for (const s of store.sites.values())
		if (siteMatches(s, q))
			found.push({ href: `/situs/${s.id}`, state: s.state, name: s.name, more: s.id });
	// A name that begins like it comes before one that only holds it.
	const begins = (/** @type {Hit} */ h) => h.name.toLowerCase().split(/[\s(]+/).some(w => w.startsWith(q)) || h.more === q ? 0 : 1;
	found.sort((a, b) => begins(a) - begins(b));
	for (const l of store.links.values())
		if (l.id.includes(q) || (l.address ?? '').includes(q))
			found.push({ href: `/tautan/${l.id}`, state: l.state, name: t('link.title', { id: l.id }), more: [l.site_name, l.address].filter(Boolean).join(' · ') });
	for (const i of store.incidents.values())
		if (i.id.includes(q) || `#${i.number}` === q || String(i.number) === q)
			found.push({ href: `/insiden/${i.id}`, state: incidentState(i), name: incidentTitle(i), more: `#${i.number}` });
	return found.slice(0, SHOWN);
}

class Search extends View {
	constructor() {
		super();
		this.text = '';
		this.at = 0;
	}

	get dialog() {
		return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
	}

	open() {
		this.text = '';
		this.at = 0;
		this.requestUpdate();
		if (!this.dialog.open)
			this.dialog.showModal();
		const input = /** @type {HTMLInputElement} */ (this.querySelector('input'));
		input.value = '';
		input.focus();
	}

	/** @param {KeyboardEvent} e */
	key(e) {
		const list = hits(this.text);
		if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
			this.at = Math.max(0, Math.min(list.length - 1, this.at + (e.key === 'ArrowDown' ? 1 : -1)));
		} else if (e.key === 'Enter' && list[this.at]) {
			this.take(list[this.at].href);
		} else if (e.key === 'Escape') {
			// Else the browser empties the field first.
			this.dialog.close();
		} else {
			return;
		}
		e.preventDefault();
		this.requestUpdate();
	}

	/** @param {string} href */
	take(href) {
		this.dialog.close();
		go(href);
	}

	render() {
		const list = hits(this.text);
		return html`<dialog class="search-dialog" aria-label=${t('search.title')}>
			<input type="search" role="combobox" aria-expanded=${list.length > 0} aria-controls="search-hits" aria-autocomplete="list" aria-label=${t('search.title')} placeholder=${t('search.hint')}
				aria-activedescendant=${list[this.at] ? 'search-hit-' + this.at : nothing} autocomplete="off" spellcheck="false" @keydown=${this.key}
				@input=${(/** @type {any} */ e) => { this.text = e.target.value; this.at = 0; this.requestUpdate(); }}>
			<ul id="search-hits" role="listbox" aria-label=${t('search.title')}>${list.map((h, i) => html`<li role="option" id=${'search-hit-' + i} aria-selected=${i === this.at} @click=${() => this.take(h.href)}>
				${mark(h.state, 16)}<span>${h.name}</span><em>${h.more}</em></li>`)}</ul>
			<p class="m" role="status">${this.text && !list.length ? t('search.none') : ''}</p>
			<div class="buttons"><button type="button" class="button plain" @click=${() => this.dialog.close()}>${t('close')}</button></div></dialog>`;
	}
}

customElements.define('simpul-search', Search);
