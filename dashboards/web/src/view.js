// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// What all our elements share: they live in the page's own tree (no shadow), follow the language, and are told by the
// store of the topics they name.
import { LitElement, nothing } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import { onLang } from './i18n.js';
import { store } from './store.js';

export { html, svg, nothing } from 'lit';
export { repeat } from 'lit/directives/repeat.js';

export class View extends LitElement {
	/** @type {import('./store.js').Topic[]} */
	static topics = [];

	createRenderRoot() {
		return this;
	}

	connectedCallback() {
		super.connectedCallback();
		const off = store.on(/** @type {typeof View} */ (this.constructor).topics, changed => this.changed(changed));
		const offLang = onLang(() => this.requestUpdate());
		this.off = () => {
			off();
			offLang();
		};
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		this.off?.();
	}

	/** @param {Set<string>} changed ids; empty: perhaps all */
	changed(changed) {
		void changed;
		this.requestUpdate();
	}
}

/** @type {Set<() => void>} */
const ticking = new Set();
setInterval(() => ticking.forEach(f => f()), 1000);

class Ticking extends AsyncDirective {
	/** @param {import('lit/directive.js').PartInfo} part */
	constructor(part) {
		super(part);
		/** @type {(() => string)|undefined} */
		this.f = undefined;
		/** @type {string|undefined} */
		this.last = undefined;
		this.tick = () => {
			const text = this.f?.();
			if (text !== this.last)
				this.setValue(this.last = text);
		};
	}

	/** @param {() => string} f */
	render(f) {
		this.f = f;
		if (this.isConnected)
			this.begin();
		return this.last = f();
	}

	begin() {
		ticking.add(this.tick);
	}

	disconnected() {
		ticking.delete(this.tick);
	}

	reconnected() {
		this.begin();
	}
}

/** A text that is made anew each second, such as an age: ${ticking(() => duration(...))}. */
export const ticks = directive(Ticking);

/** @param {() => void} f each second @returns {() => void} ends it */
export function everySecond(f) {
	ticking.add(f);
	return () => ticking.delete(f);
}

/** Attribute value or nothing. @param {any} v */
export const maybe = v => v === null || v === undefined || v === '' ? nothing : v;
