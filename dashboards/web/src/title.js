// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The tab of a browser that stands behind others: how many incidents nobody has taken, in its title and on its mark.
import { store } from './store.js';
import { color } from './theme.js';

let shown = -1;
let name = '';

/** @param {string} [page] name of the page, when it is another */
export function showTitle(page) {
	if (page !== undefined)
		name = page;
	const n = store.session ? store.unacked() : 0;
	const title = `${n ? `(${n}) ` : ''}${name ? name + ' · ' : ''}Simpul`;
	if (document.title !== title)
		document.title = title;
	if (n !== shown) {
		shown = n;
		showCount(n);
	}
}

/** @param {number} n */
function showCount(n) {
	const link = /** @type {HTMLLinkElement|null} */ (document.querySelector('link[rel="icon"]'));
	if (!link)
		return;
	link.dataset.plain ??= link.getAttribute('href') ?? '';
	if (!n) {
		link.href = link.dataset.plain;
		return;
	}
	const canvas = document.createElement('canvas'), c = canvas.getContext('2d');
	if (!c)
		return;
	canvas.width = canvas.height = 32;
	c.fillStyle = color('down');
	c.beginPath();
	c.roundRect(0, 0, 32, 32, 8);
	c.fill();
	c.fillStyle = color('on-down');
	c.font = '700 22px "Inter Variable", sans-serif';
	c.textAlign = 'center';
	c.textBaseline = 'middle';
	c.fillText(n > 9 ? '9+' : String(n), 16, 17);
	link.href = canvas.toDataURL('image/png');
}
