// The tablet's database. Every write is on disk before it counts (strict durability); nothing here is ever deleted to make room.

const NAME = 'phieu-so-field'
const VERSION = 1
let opening = null

const build = db => {
  db.createObjectStore('people', { keyPath: 'id' })
  db.createObjectStore('keys', { keyPath: 'id' })
  db.createObjectStore('work', { keyPath: 'id' })
  db.createObjectStore('forms', { keyPath: 'id' })
  const records = db.createObjectStore('records', { keyPath: 'id' })
  records.createIndex('person', 'person')
  records.createIndex('standing', ['person', 'state'])
  db.createObjectStore('files', { keyPath: ['record', 'name'] }).createIndex('record', 'record')
  db.createObjectStore('journal', { keyPath: 'n', autoIncrement: true }).createIndex('person', 'person')
}

export const open = () => opening ||= new Promise((resolve, reject) => {
  const request = indexedDB.open(NAME, VERSION)
  request.onupgradeneeded = () => build(request.result)
  request.onsuccess = () => {
    const db = request.result
    const forget = () => { db.close(); opening = null }
    db.onclose = forget
    db.onversionchange = forget
    resolve(db)
  }
  request.onerror = () => { opening = null; reject(request.error) }
})

const ask = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

const access = tx => name => {
  const store = tx.objectStore(name)
  return {
    get: key => ask(store.get(key)),
    put: value => ask(store.put(value)),
    add: value => ask(store.add(value)),
    delete: key => ask(store.delete(key)),
    all: () => ask(store.getAll()),
    by: (index, key) => ask(store.index(index).getAll(key)),
    keysBy: (index, key) => ask(store.index(index).getAllKeys(key)),
    count: (index, key) => ask(index ? store.index(index).count(key) : store.count()),
    each: (index, key, visit) => new Promise((resolve, reject) => {
      const request = store.index(index).openCursor(key)
      request.onerror = () => reject(request.error)
      request.onsuccess = () => {
        if (!request.result) return resolve()
        visit(request.result.value)
        request.result.continue()
      }
    }),
  }
}

const once = (db, names, mode, work) => new Promise((resolve, reject) => {
  const tx = db.transaction(names, mode, { durability: 'strict' })
  let result, failure
  tx.oncomplete = () => resolve(result)
  tx.onabort = () => reject(failure || tx.error || new DOMException('aborted', 'AbortError'))
  work(access(tx)).then(value => { result = value }, error => {
    failure = error
    try { tx.abort() } catch { reject(error) }
  })
})

// Run `work(store)` in one transaction over the named stores; a connection that the browser closed is opened again once.
async function run(names, mode, work) {
  for (let again = false; ; again = true) {
    try {
      return await once(await open(), names, mode, work)
    } catch (error) {
      if (again || error.name !== 'InvalidStateError') throw error
      opening = null
    }
  }
}

export const read = (names, work) => run(names, 'readonly', work)
export const write = (names, work) => run(names, 'readwrite', work)
export const get = (name, key) => read([name], store => store(name).get(key))
export const put = (name, value) => write([name], store => store(name).put(value))
export const isFull = error => error?.name === 'QuotaExceededError' || /quota|disk/i.test(error?.message || '')
