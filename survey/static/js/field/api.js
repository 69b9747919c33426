// The way to the server: a token in a header, never a cookie; an answer counts only when it is ours.

const ROOT = '/field/app/api/'
const PATIENCE = 60_000

export class Refused extends Error {
  constructor(status, code, message) { super(message || code); Object.assign(this, { status, code }) }
}

export class NoNetwork extends Error {}

// Send a request and return status, headers and text; NoNetwork when nothing of ours answered in whole, Refused for our own refusals. A
// line may die silently at any byte, so both the first line of the answer and its end are waited for with patience that ends.
export async function call(path, { method = 'GET', token, body, headers = {} } = {}) {
  const stop = new AbortController(), limit = () => setTimeout(() => stop.abort(), PATIENCE)
  const sent = { Accept: 'application/json', ...headers }
  if (token) sent.Authorization = `Bearer ${token}`
  let timer = limit(), reply, text
  try {
    reply = await fetch(ROOT + path, { method, body, headers: sent, signal: stop.signal, credentials: 'omit', cache: 'no-store', redirect: 'error' })
    clearTimeout(timer)
    timer = limit()
    text = await reply.text()
  } catch (error) {
    throw new NoNetwork(error.message)
  } finally {
    clearTimeout(timer)
  }
  const isOurs = (reply.headers.get('Content-Type') || '').startsWith('application/json') || reply.status === 304
  if (!isOurs || reply.status >= 500) throw new NoNetwork(`${reply.status}`)
  if (!reply.ok && reply.status !== 304) {
    const said = parsed(text)
    throw new Refused(reply.status, said.error, said.message)
  }
  return { headers: reply.headers, text }
}

function parsed(text) {
  try { return JSON.parse(text) } catch (error) { throw new NoNetwork(error.message) }
}

export const json = async (path, options) => parsed((await call(path, options)).text)

export const post = (path, token, body) => json(path, {
  method: 'POST', token, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' },
})

// Say hello: prove that our server answers (a captive portal does not know the nonce), learn its time and its edition.
export async function hello(token, status) {
  const nonce = crypto.randomUUID(), before = Date.now()
  const said = await post('hello', token, { ...status, nonce })
  if (said.nonce !== nonce) throw new NoNetwork('captive')
  return { ...said, skew: Math.round(said.time - (before + Date.now()) / 2) }
}
