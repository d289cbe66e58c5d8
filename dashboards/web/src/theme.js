// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Dark or light: what the user chose on this device, else what fits the role (an office reads by day), else the device.
import { prefs } from './prefs.js';

/** @type {Set<() => void>} */
const told = new Set();

export function theme() {
	return document.documentElement.dataset.theme === 'light' ? 'light' : 'dark';
}

/** @param {string|undefined} role of who is logged in */
export function applyTheme(role) {
	const before = theme();
	const chosen = prefs.get('theme');
	const fits = role === undefined ? (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark')
		: role === 'opd' || role === 'planner' ? 'light' : 'dark';
	document.documentElement.dataset.theme = chosen === 'dark' || chosen === 'light' ? chosen : fits;
	document.querySelector('meta[name="theme-color"]')?.setAttribute('content', color('panel'));
	if (before !== theme())
		for (const f of told)
			f();
}

/** @param {'dark'|'light'} next */
export function chooseTheme(next) {
	prefs.set('theme', next);
	applyTheme('');
}

/** @param {() => void} f @returns {() => void} ends it */
export function onTheme(f) {
	told.add(f);
	return () => told.delete(f);
}

/** A token as it now is, for canvases. @param {string} name without the dashes */
export function color(name) {
	return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim() || '#888';
}

/** A token made see-through. @param {string} name @param {number} alpha 0..1 */
export function veil(name, alpha) {
	const m = /^#(..)(..)(..)$/.exec(color(name));
	return m ? `rgba(${parseInt(m[1], 16)},${parseInt(m[2], 16)},${parseInt(m[3], 16)},${alpha})` : color(name);
}
