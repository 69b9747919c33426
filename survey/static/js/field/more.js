// The rest: the sync journal, storage and its copy in a file, the language, locking the tablet.

import { acting, button, confirm, h, note } from './dom.js'
import { download, makeCopy, restoreCopy } from './copy.js'
import { asText, entries, log, sentence } from './journal.js'
import { refresh } from './rooms.js'
import { dayClock, megabytes, t } from './text.js'

export const moreScreen = (app, part = '') => part === 'journal' ? journalScreen(app) : menuScreen(app)

const stamp = () => new Date().toISOString().slice(0, 16).replace(/[-:T]/g, '')

export async function saveJournal(app) {
  const text = asText(await entries(app.session.person.id))
  download(new Blob(['\ufeff', text], { type: 'text/plain' }), `phieu-so-nhat-ky-${stamp()}.txt`)
}

async function journalScreen(app) {
  const list = await entries(app.session.person.id)
  const waiting = app.rows.filter(row => row.state === 'queued')
  return h('main', { class: 'page', id: 'main' }, h('h1', null, t('journal')),
    waiting.some(row => row.problem) && h('div', { class: 'notice' }, waiting.filter(row => row.problem).map(row => h('p', null, t('queued.problem', { reason: row.problem })))),
    h('div', { class: 'row row--fill' }, button(t('send.now'), acting(async () => { await app.sender.send(); app.route() })), button(t('journal.save'), () => saveJournal(app), 'button--quiet', { disabled: !list.length })),
    list.length ? h('ol', { class: 'journal' }, list.slice(0, 200).map(entry => h('li', { class: `journal__${entry.kind}` }, h('span', { class: 'soft figures' }, dayClock(entry.at)), h('span', null, sentence(entry))))) : h('p', { class: 'soft' }, t('journal.empty')))
}

function menuScreen(app) {
  const { session: { person }, storage } = app, drafts = app.rows.filter(row => row.state === 'draft').length
  const fact = (key, value) => [h('dt', null, t(key)), h('dd', null, value)]
  const row = (label, act) => h('button', { type: 'button', class: 'button button--row', onclick: act }, label)
  return h('main', { class: 'page', id: 'main' }, h('h1', null, t('more')),
    h('div', { class: 'list' }, row(t('day'), () => app.go('day')), row(t('journal'), () => app.go('more/journal')), row(t('copy.save'), acting(() => saveCopy(app))), restoreRow(app),
      row(t('language.switch'), () => app.switchLanguage()), row(t('lock'), () => app.lock())),
    h('h2', null, t('device')),
    h('dl', { class: 'facts' }, fact('device.person', `${person.name} (${person.username})`), fact('device.drafts', String(drafts)),
      fact('device.storage', t(storage.persisted ? 'storage.kept' : 'storage.unsure')),
      fact('device.room', t('device.megabytes', { free: Number.isFinite(storage.free) ? megabytes(storage.free) : '∞', used: megabytes(storage.usage) })),
      fact('device.clock', t('device.skew', { seconds: Math.round((person.skew || 0) / 1000) })), fact('device.build', document.body.dataset.build)))
}

export async function saveCopy(app) {
  const { count, blob } = await makeCopy(app.session.person.id)
  download(blob, `phieu-so-ban-sao-${stamp()}.bin`)
  await log(app.session.person.id, 'copied', { count })
  note(t('copy.saved', { count }))
}

function restoreRow(app) {
  const restore = async event => {
    const [file] = event.target.files
    event.target.value = null
    if (!file || !await confirm(t('copy.restore'), t('copy.restore.text'), t('copy.restore'))) return
    try {
      const count = await restoreCopy(app.session, file)
      await log(app.session.person.id, 'restored', { count })
      note(t('copy.restored', { count }))
    } catch (error) {
      note(t(error.message === 'other-person' ? 'copy.other' : 'copy.bad'), 'note--wrong')
    }
    await refresh(app)
    app.route()
  }
  return h('label', { class: 'button button--row' }, h('span', null, t('copy.restore')), h('input', { type: 'file', class: 'hidden-file', onchange: restore }))
}
