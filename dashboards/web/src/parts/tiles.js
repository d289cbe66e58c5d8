// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// All sites, each always in the same place: people learn positions. Built once by hand and then changed tile by tile,
// so that an update of thousands costs what has changed, not what is there.
import { brief, instant, percent } from '../format.js';
import { onLang, t } from '../i18n.js';
import { store } from '../store.js';
import { everySecond } from '../view.js';
import { detailWord, shortName } from '../words.js';
import { groupSites } from './groups.js';

const SVG = 'http://www.w3.org/2000/svg';
/** So many tiles are changed for one frame; more would be felt. */
const SLICE = 48;
const MANY = 600;
/** Of many tiles, so many stand in one list, which is not drawn while it is out of sight: whole rows of 1, 2, 3 or 6. */
const BLOCK = 120;

/** What a tile says beside the name. @param {import('../store.js').Site} s */
function tileNote(s) {
	const since = instant(s.since);
	const age = since === null ? '' : brief((store.now() - since) / 1000);
	switch (s.state) {
	case 'ok':
	case 'planned':
		return '';
	case 'warn':
		return s.loss_pct !== null && s.loss_pct >= 1 ? percent(s.loss_pct, 0) : age;
	case 'unknown':
		return t('tile.unknown');
	case 'backup':
		return t('tile.backup');
	default:
		return age;
	}
}

class Tile {
	/** @param {string} id */
	constructor(id) {
		this.id = id;
		this.a = document.createElement('a');
		this.a.href = `/situs/${id}`;
		const svg = document.createElementNS(SVG, 'svg');
		svg.setAttribute('class', 'mark');
		svg.setAttribute('width', '14');
		svg.setAttribute('height', '14');
		svg.setAttribute('aria-hidden', 'true');
		this.use = document.createElementNS(SVG, 'use');
		svg.append(this.use);
		this.name = document.createElement('span');
		this.note = document.createElement('em');
		this.word = document.createElement('span');
		this.word.className = 'hide';
		this.a.append(svg, this.name, this.note, this.word);
		this.shown = '';
	}

	/** @returns {boolean} it has changed */
	show() {
		const s = store.sites.get(this.id);
		if (!s)
			return false;
		const note = tileNote(s), name = shortName(s), word = detailWord(s);
		const shown = `${s.state}|${name}|${s.name}|${note}|${word}`;
		if (shown === this.shown)
			return false;
		this.shown = shown;
		this.a.className = `tile ${s.state}`;
		this.use.setAttribute('href', s.state === 'down' ? '#s-down-on' : `#s-${s.state}`);
		this.name.textContent = name;
		this.note.textContent = note;
		this.a.title = `${s.name}: ${word}`;
		this.word.textContent = `, ${name === s.name ? '' : s.name + ': '}${word}`;
		return true;
	}
}

/** Which tiles there are, and in which groups. */
function layoutNow() {
	return [...store.sites.values()].map(s => `${s.id}|${s.kind}|${s.district}`).join();
}

class Tiles extends HTMLElement {
	constructor() {
		super();
		/** @type {Map<string, Tile>} */
		this.tiles = new Map();
		/** @type {Set<string>} changed, and not yet shown */
		this.late = new Set();
		/** @type {number|undefined} the next frame in which some are shown */
		this.frame = undefined;
		this.layout = '';
		this.all = false;
	}

	connectedCallback() {
		const offs = [
			store.on(['sites'], changed => this.update(changed)),
			onLang(() => this.build()),
			everySecond(() => this.age()),
		];
		this.off = () => offs.forEach(f => f());
		this.build();
	}

	disconnectedCallback() {
		this.off?.();
		cancelAnimationFrame(this.frame ?? 0);
		this.frame = undefined;
	}

	/** @param {Set<string>} changed */
	update(changed) {
		if (changed.size === 0) {
			if (layoutNow() !== this.layout)
				this.build();
			else
				this.showSoon(this.tiles.keys());
		} else {
			this.showSoon(changed);
		}
		this.showMore();
	}

	/** Show them in the next frames, so many in each that the page is able to react. @param {Iterable<string>} ids */
	showSoon(ids) {
		for (const id of ids)
			this.late.add(id);
		if (this.late.size)
			this.frame ??= requestAnimationFrame(() => this.showSome());
	}

	showSome() {
		this.frame = undefined;
		let n = 0;
		for (const id of this.late) {
			if (n === SLICE)
				break;
			this.late.delete(id);
			n += this.tiles.get(id)?.show() ? 1 : 0;
		}
		this.showSoon([]);
	}

	/** Durations of what is not well. */
	age() {
		this.showSoon([...this.tiles.values()].filter(x => !x.shown.startsWith('ok|') && !x.shown.startsWith('planned|')).map(x => x.id));
	}

	build() {
		this.layout = layoutNow();
		this.tiles.clear();
		const groups = groupSites([...store.sites.values()]).map(g => {
			const section = document.createElement('section'), head = document.createElement('h3');
			section.className = g.district ? 'group district' : 'group';
			head.textContent = g.district ? g.name : t('group.' + g.name);
			const count = document.createElement('span');
			count.textContent = ` · ${g.sites.length}`;
			head.append(count);
			section.append(head);
			const size = store.sites.size > MANY ? BLOCK : g.sites.length;
			for (let i = 0; i < g.sites.length; i += size)
				section.append(this.block(g.sites.slice(i, i + size)));
			return section;
		});
		this.more = document.createElement('button');
		this.more.className = 'more button plain';
		this.more.type = 'button';
		this.more.onclick = () => {
			this.all = !this.all;
			this.showMore();
		};
		const wrap = document.createElement('div');
		wrap.className = 'groups';
		this.classList.toggle('many', store.sites.size > MANY);
		wrap.append(...groups);
		this.replaceChildren(wrap, this.more);
		this.showMore();
	}

	/** A list of tiles. @param {import('../store.js').Site[]} sites */
	block(sites) {
		const list = document.createElement('ul');
		list.style.setProperty('--n', String(sites.length));
		for (const s of sites) {
			const tile = new Tile(s.id), item = document.createElement('li');
			tile.show();
			this.tiles.set(s.id, tile);
			item.append(tile.a);
			list.append(item);
		}
		return list;
	}

	/** On a phone what is well is behind a button. */
	showMore() {
		if (!this.more)
			return;
		const n = store.counts();
		this.classList.toggle('all', this.all);
		this.more.textContent = this.all ? t('tiles.less') : t('tiles.more', { n: n.ok + n.planned });
	}
}

customElements.define('simpul-tiles', Tiles);
