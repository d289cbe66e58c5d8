// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The dialog that says "I have it": a comment is required, and if someone else was faster, it shows who and what.
import { Problem, call } from '../api.js';
import { clock } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { View, html, nothing } from '../view.js';
import { ackBy, incidentTitle, problemText } from '../words.js';

const HOURS = [0, 1, 4, 8, 24];

class Ack extends View {
	static topics = /** @type {any} */ (['incidents']);

	constructor() {
		super();
		this.incident = '';
		this.version = 0;
		/** @type {import('../store.js').Incident|null} */
		this.conflict = null;
		this.error = '';
		this.busy = false;
	}

	get dialog() {
		return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
	}

	/** @param {string} id */
	async open(id) {
		const i = store.incidents.get(id);
		if (!i || i.state !== 'open' || !store.mayAck() || this.dialog?.open)
			return;
		this.incident = id;
		this.version = i.version;
		this.conflict = i.acked ? i : null;
		this.error = '';
		this.requestUpdate();
		await this.updateComplete;
		this.dialog.querySelector('form')?.reset();
		this.dialog.showModal();
		this.dialog.querySelector('textarea')?.focus();
	}

	/** @param {SubmitEvent} e */
	async submit(e) {
		e.preventDefault();
		if (this.busy)
			return;
		const data = new FormData(/** @type {HTMLFormElement} */ (e.target));
		const comment = String(data.get('comment') ?? '').trim(), hours = Number(data.get('hours'));
		if (!comment) {
			this.error = t('ack.empty');
			this.requestUpdate();
			return;
		}
		this.busy = true;
		this.error = '';
		this.requestUpdate();
		try {
			const until = hours ? new Date(store.now() + hours * 3600e3).toISOString().replace(/\.\d+Z$/, 'Z') : null;
			store.applyIncident(await call('POST', `/incidents/${this.incident}/ack`, { comment, until, version: this.version }));
			this.dialog.close();
		} catch (x) {
			if (!(x instanceof Problem))
				throw x;
			if (x.status === 409 && x.current) {
				this.conflict = x.current;
				this.version = x.current.version;
				store.applyIncident(x.current);
			} else {
				this.error = problemText(x);
			}
		} finally {
			this.busy = false;
			this.requestUpdate();
		}
	}

	conflictText() {
		const i = this.conflict, a = i?.acked;
		if (!i)
			return nothing;
		if (i.state === 'closed')
			return html`<div class="notice warn" role="alert">${t('ack.closed')}</div>`;
		return html`<div class="notice warn" role="alert">${a ? html`<b>${t('ack.conflict', { by: ackBy(a), t: clock(a.at) })}</b><br>“${a.comment}”` : html`<b>${t('ack.changed')}</b>`}
			<br>${t('ack.again')}</div>`;
	}

	render() {
		const i = store.incidents.get(this.incident);
		return html`<dialog aria-labelledby="ack-title"><form @submit=${this.submit}>
			<h2 id="ack-title">${t('ack.title')}</h2>
			<p class="lead">${i ? incidentTitle(i) : ''}</p>
			${this.conflictText()}
			<label for="ack-comment">${t('ack.comment')}</label>
			<textarea id="ack-comment" name="comment" rows="3" maxlength="255" required aria-describedby="ack-help"></textarea>
			<p class="help" id="ack-help">${t('ack.help')}</p>
			<label for="ack-hours">${t('ack.until')}</label>
			<select id="ack-hours" name="hours">${HOURS.map(h => html`<option value=${h}>${h ? t('ack.hours', { n: h }) : t('ack.open_end')}</option>`)}</select>
			${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
			<div class="buttons"><button type="button" class="button plain" @click=${() => this.dialog.close()}>${t('cancel')}</button>
			<button class="button strong" ?disabled=${this.busy}>${this.conflict ? t('ack.anyway') : t('ack.do')}</button></div>
		</form></dialog>`;
	}
}

customElements.define('simpul-ack', Ack);

/** @param {string} id of an incident */
export function openAck(id) {
	/** @type {Ack|null} */ (document.querySelector('simpul-ack'))?.open(id);
}
