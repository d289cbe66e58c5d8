// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
import { html, nothing } from '../view.js';

/** Words and values beside a headline; what is not known is left out. @param {[string, any][]} list */
export function facts(list) {
	return html`<dl class="facts">${list.map(([k, v]) => v === null || v === undefined || v === '' ? nothing : html`<div><dt>${k}</dt><dd>${v}</dd></div>`)}</dl>`;
}
