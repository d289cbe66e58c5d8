// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Marks: shape, word and colour of each state. The shapes are symbols in index.html.
import { html, nothing, svg } from '../view.js';
import { stateWord } from '../words.js';

/** The shape alone; the word stands beside it or in the label. @param {string} state @param {number} [size] */
export function mark(state, size = 16) {
	return html`<svg class="mark" width=${size} height=${size} aria-hidden="true"><use href=${'#s-' + state}></use></svg>`;
}

/** Shape and word. @param {string} state @param {string} [word] more exact than the state's own */
export function stateLabel(state, word = stateWord(state), size = 16) {
	return html`<span class="state">${mark(state, size)}<span>${word}</span></span>`;
}

/** A drawing of index.html that is no state. @param {string} name @param {number} [size] */
export function icon(name, size = 20) {
	return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true"><use href=${'#i-' + name}></use></svg>`;
}

/** A bar of shares. @param {[string, number][]} parts state and number */
export function shareBar(parts) {
	const all = parts.reduce((n, [, v]) => n + v, 0) || 1;
	let x = 0;
	return html`<svg class="shares" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">${parts.map(([state, v]) => {
		const w = v / all * 1000, at = x;
		x += w;
		return v ? svg`<rect class=${'fill-' + state} x=${at} width=${Math.max(0, w - 4)} height="8" rx="3"></rect>` : nothing;
	})}</svg>`;
}

/** How full something is, 0..100 and more. @param {number} pct @param {string} label */
export function meter(pct, label) {
	return html`<svg class="meter" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label=${label}><rect class="meter-fill"
		width=${Math.max(0, Math.min(100, pct))} height="12"></rect></svg>`;
}
