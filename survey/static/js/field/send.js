// Sending: while the application is in view, one record at a time with its files, by one window at a time. A record leaves the
// tablet only when the server names the same hash for the document and for each file.

import { call, hello, json, NoNetwork, Refused } from './api.js'
import { storage } from './device.js'
import { dropCopy } from './evening.js'
import { log } from './journal.js'
import { forget, remember } from './people.js'
import { getFile, mark, open, queue, rows, settle } from './records.js'
import { lookFor } from './update.js'

const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 300_000

export class Sender extends EventTarget {
  constructor(session) {
    super()
    Object.assign(this, { session, pause: FIRST_PAUSE, state: 'idle', wiped: false })
    this.channel = new BroadcastChannel(`phieu-so.${session.person.id}`)
    this.channel.onmessage = () => this.dispatchEvent(new Event('change'))
    this.again = () => this.send()
    this.seen = () => { if (!document.hidden) this.send() }
    addEventListener('online', this.again)
    document.addEventListener('visibilitychange', this.seen)
  }

  stop() {
    clearTimeout(this.timer)
    this.channel.close()
    removeEventListener('online', this.again)
    document.removeEventListener('visibilitychange', this.seen)
  }

  tell(state) {
    this.state = state
    this.dispatchEvent(new Event('change'))
    if (state !== 'offline') this.channel.postMessage(state)
  }

  // Send everything that waits. Another window that is sending already does it for both.
  async send() {
    const { person } = this.session
    clearTimeout(this.timer)
    await navigator.locks.request(`phieu-so.send.${person.id}`, { ifAvailable: true }, async lock => {
      if (!lock) return
      try {
        await this.greet()
        await this.sendAll()
        this.pause = FIRST_PAUSE
        this.tell('idle')
      } catch (error) {
        await this.failed(error)
      }
    })
  }

  async failed(error) {
    if (error instanceof NoNetwork) {
      this.tell('offline')
      this.timer = setTimeout(this.again, this.pause * (0.75 + Math.random() / 2))
      this.pause = Math.min(LONGEST_PAUSE, this.pause * 2)
    } else if (error instanceof Refused && error.status === 401) {
      await log(this.session.person.id, 'signin')
      this.tell('signin')
    } else {
      await log(this.session.person.id, 'trouble', { reason: error.message })
      this.tell('trouble')
    }
  }

  // Tell the server how the tablet is; learn the time, the present edition, and whether to forget this person.
  async greet() {
    const { person, token } = this.session
    const all = await rows(person.id), { persisted, free, room } = await storage()
    const count = state => all.filter(row => row.state === state).length
    const said = await hello(token, {
      build: document.body.dataset.build, unsent: count('queued'), drafts: count('draft'), persisted, room,
      free_mb: Math.min(1e6, Math.round(free / 1e6)), skew_s: Math.round((person.skew || 0) / 1000),
    })
    if (Math.abs(said.skew) > 60_000 && Math.abs(said.skew - (person.skew || 0)) > 60_000) {
      await log(person.id, 'clock', { minutes: Math.round(-said.skew / 60_000) })
    }
    person.skew = said.skew
    Object.assign(person, { lasting: said.lasting, seen: Date.now() })
    await remember(person.id, { skew: said.skew, seen: person.seen, lasting: said.lasting })
    lookFor(said.build)
    this.wipe = said.wipe
  }

  async sendAll() {
    for (const row of await queue(this.session.person.id)) {
      this.tell('sending')
      try {
        await this.sendOne(row.id)
      } catch (error) {
        if (!(error instanceof Refused) || error.status === 401) throw error
        await mark(row.id, { tried: (row.tried || 0) + 1, problem: error.message })
        await log(this.session.person.id, 'refused', { code: await this.codeOf(row.id), reason: error.message })
      }
    }
    if (this.wipe) await this.obeyWipe()
  }

  async codeOf(id) { return (await open(this.session, id))?.content.code || '' }

  async sendOne(id) {
    const record = await open(this.session, id)
    if (record?.row.state !== 'queued') return
    const { row, content: { instance, code, frozen } } = record
    const place = `records/${encodeURIComponent(instance)}`
    const about = new URLSearchParams({ ...row.round && { round: row.round }, ...row.unit && { unit: row.unit }, ...row.unfinished && { unfinished: '' } })
    let slip = await this.put(`${place}?${about}`, frozen.xml, { 'X-Content-Sha256': frozen.sha256, 'Content-Type': 'application/xml' })
    for (const file of frozen.files) {
      if (slip.files[file.name] !== file.sha256) slip = await this.putFile(id, place, frozen.sha256, file)
    }
    if (!isSame(slip, frozen)) throw new Refused(409, 'receipt', 'receipt')
    await settle(id, { number: slip.number, at: slip.received_at, held: slip.held })
    const kind = slip.held ? 'held' : 'sent'
    await log(this.session.person.id, kind, { code, number: slip.number, files: frozen.files.length, reason: slip.message })
    this.tell('sending')
  }

  async putFile(id, place, document, file) {
    const blob = await getFile(this.session, id, file.name)
    if (!blob) throw new Refused(409, 'file', file.name)
    const headers = { 'X-Content-Sha256': file.sha256, 'X-Record-Sha256': document, 'Content-Type': 'application/octet-stream' }
    return this.put(`${place}/files/${encodeURIComponent(file.name)}`, blob, headers)
  }

  put(path, body, headers) {
    return json(path, { method: 'PUT', token: this.session.token, body, headers })
  }

  // An order to forget is obeyed only when nothing is left that only this tablet has; what was begun goes to the office first.
  async obeyWipe() {
    const { person, token } = this.session, drafts = (await rows(person.id)).filter(row => row.state === 'draft')
    if (drafts.length && await (await import('./handover.js')).handOver(this.session, drafts)) return this.sendAll()
    if ((await rows(person.id)).some(row => row.state !== 'sent')) return log(person.id, 'wipe-waits')
    const unfinished = (await rows(person.id)).filter(row => row.unfinished).length
    await call('wiped', { method: 'POST', token, body: '{}', headers: { 'Content-Type': 'application/json' } })
    await forget(person.id)
    await dropCopy(person)
    localStorage.setItem('phieu-so.cleared', JSON.stringify({ at: Date.now(), unfinished }))
    this.wiped = true
    this.tell('wiped')
  }
}

const isSame = (slip, frozen) => slip.sha256 === frozen.sha256 && slip.missing.length === 0
  && frozen.files.every(file => slip.files[file.name] === file.sha256)
