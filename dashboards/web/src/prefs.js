// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// What is remembered on this device only: theme, language before log-in, whether single keys act. Never data.

const PREFIX = 'simpul.';

export const prefs = {
	/** @param {string} key @returns {string|null} */
	get(key) {
		try {
			return localStorage.getItem(PREFIX + key);
		} catch {
			return null;
		}
	},
	/** @param {string} key @param {string} value */
	set(key, value) {
		try {
			localStorage.setItem(PREFIX + key, value);
		} catch {
			// A browser that keeps nothing still works, it only forgets.
		}
	},
};
