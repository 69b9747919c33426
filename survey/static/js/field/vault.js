// One enumerator's key. Data are sealed with AES-GCM; the key is wrapped under the PIN and under a key that the server gives back
// after a sign-in, so that a forgotten PIN loses nothing. Wrong PINs slow down, also across restarts.

import { waitOf } from './patience.js'
import { get, put } from './store.js'

const ITERATIONS = 310_000
const AES = { name: 'AES-GCM', length: 256 }
const encoder = new TextEncoder()
const decoder = new TextDecoder()
const fresh = length => crypto.getRandomValues(new Uint8Array(length))

export class WrongPin extends Error {
  constructor(wait) { super('wrong-pin'); this.wait = wait }
}

export const bytesOf = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0))
export const hex = buffer => Array.from(new Uint8Array(buffer), b => b.toString(16).padStart(2, '0')).join('')
export const sha256 = async data => hex(await crypto.subtle.digest('SHA-256', typeof data === 'string' ? encoder.encode(data) : data))

// The tablet's own part of every PIN: a key that scripts can use and not read.
async function pepper() {
  const kept = await get('keys', 'pepper')
  if (kept) return kept.key
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  await put('keys', { id: 'pepper', key })
  return key
}

async function keyOfPin(pin, salt, iterations) {
  const secret = await crypto.subtle.sign('HMAC', await pepper(), encoder.encode(pin))
  const base = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, base, AES, false, ['wrapKey', 'unwrapKey'])
}

const keyOfRecovery = raw => crypto.subtle.importKey('raw', raw, AES, false, ['wrapKey', 'unwrapKey'])

async function wrap(dataKey, under) {
  const iv = fresh(12)
  return { iv, data: await crypto.subtle.wrapKey('raw', dataKey, under, { name: 'AES-GCM', iv }) }
}

const unwrap = (wrapped, under, extractable = false) => crypto.subtle.unwrapKey(
  'raw', wrapped.data, under, { name: 'AES-GCM', iv: wrapped.iv }, AES, extractable, ['encrypt', 'decrypt'])

async function lockAway(dataKey, pin, recovery) {
  const salt = fresh(16)
  return {
    salt,
    iterations: ITERATIONS,
    byPin: await wrap(dataKey, await keyOfPin(pin, salt, ITERATIONS)),
    byRecovery: await wrap(dataKey, await keyOfRecovery(recovery)),
  }
}

// Make a vault; returns it with its key.
export async function createVault(pin, recovery) {
  const vault = await lockAway(await crypto.subtle.generateKey(AES, true, ['encrypt', 'decrypt']), pin, recovery)
  return { vault, key: await keyByRecovery(vault, recovery) }
}

// Give a vault another PIN, opening it with the key that the server gave back.
export async function newPin(vault, pin, recovery) {
  const changed = await lockAway(await unwrap(vault.byRecovery, await keyOfRecovery(recovery), true), pin, recovery)
  return { vault: changed, key: await keyByRecovery(changed, recovery) }
}

export const keyByRecovery = async (vault, recovery) => unwrap(vault.byRecovery, await keyOfRecovery(recovery))

// Return the key of a person's vault. The try is counted on disk before it is made, so killing the app does not give another.
export async function unlock(id, pin) {
  const person = await get('people', id)
  const wait = waitOf(person)
  if (wait) throw new WrongPin(wait)
  const tried = { ...person, failures: (person.failures || 0) + 1, triedAt: Date.now() }
  await put('people', tried)
  const under = await keyOfPin(pin, person.vault.salt, person.vault.iterations)
  const key = await unwrap(person.vault.byPin, under).catch(() => null)
  if (!key) throw new WrongPin(waitOf(tried))
  await put('people', { ...tried, failures: 0 })
  return key
}

// Seal bytes or anything JSON can write; `about` names what it is, so that sealed things cannot be exchanged.
export async function seal(key, about, value) {
  const iv = fresh(12)
  const plain = value instanceof ArrayBuffer ? value : encoder.encode(JSON.stringify(value))
  return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: encoder.encode(about) }, key, plain) }
}

export const openBytes = (key, about, sealed) => crypto.subtle.decrypt(
  { name: 'AES-GCM', iv: sealed.iv, additionalData: encoder.encode(about) }, key, sealed.data)

export const openSealed = async (key, about, sealed) => JSON.parse(decoder.decode(await openBytes(key, about, sealed)))
