// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Single keys. They work on what stands in the page: lists mark themselves with data-nav-list, their rows with
// data-nav-item (and what takes the focus with data-nav-focus), incidents with data-incident.
import { go } from './router.js';
import { prefs } from './prefs.js';
import { store } from './store.js';
import { openAck } from './parts/ack.js';

const CHORD_MS = 1500;
/** @type {Record<string, string>} */
const GO = { r: '/', s: '/situs', i: '/insiden', b: '/bantuan', k: '/kantor' };
let chordUntil = 0;

export function shortcutsOn() {
	return prefs.get('keys') !== 'off';
}

/** @param {boolean} on */
export function switchShortcuts(on) {
	prefs.set('keys', on ? 'on' : 'off');
}

/** @param {EventTarget|null} target */
function isTyping(target) {
	return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** @param {number} step */
function move(step) {
	const lists = [...document.querySelectorAll('main [data-nav-list]')];
	const own = document.activeElement?.closest('[data-nav-list]');
	const list = own ?? lists.find(l => l.querySelector('[data-nav-item]'));
	const items = [...list?.querySelectorAll('[data-nav-item]') ?? []];
	if (!items.length)
		return;
	const at = items.findIndex(i => i.contains(document.activeElement));
	const next = items[Math.max(0, Math.min(items.length - 1, at === -1 ? (step > 0 ? 0 : items.length - 1) : at + step))];
	const focus = /** @type {HTMLElement|null} */ (next.querySelector('[data-nav-focus]') ?? next.querySelector('a'));
	focus?.focus({ focusVisible: true });
	next.scrollIntoView({ block: 'nearest' });
}

/** The incident in focus, that of the page, or the first that nobody has taken. */
function incidentToAck() {
	const focused = document.activeElement?.closest('[data-incident]') ?? document.querySelector('main .page[data-incident]');
	return focused?.getAttribute('data-incident') ?? store.openIncidents().find(i => !i.acked)?.id;
}

/** @param {{search: () => void, help: () => void}} shell */
export function startKeys(shell) {
	document.addEventListener('keydown', e => {
		if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || isTyping(e.target) || !shortcutsOn() || !store.session ||
			document.querySelector('dialog[open]'))
			return;
		const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
		if (Date.now() < chordUntil && GO[key]) {
			chordUntil = 0;
			e.preventDefault();
			go(GO[key]);
			return;
		}
		chordUntil = 0;
		switch (key) {
		case '/':
			shell.search();
			break;
		case '?':
			shell.help();
			break;
		case 'j':
			move(1);
			break;
		case 'k':
			move(-1);
			break;
		case 'a': {
			const id = store.mayAck() ? incidentToAck() : undefined;
			if (!id)
				return;
			openAck(id);
			break;
		}
		case '0': {
			const out = /** @type {HTMLElement|null} */ (document.querySelector('[data-zoom-out]'));
			if (!out)
				return;
			out.click();
			break;
		}
		case 'g':
			chordUntil = Date.now() + CHORD_MS;
			break;
		default:
			return;
		}
		e.preventDefault();
	});
}
