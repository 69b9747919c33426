// Who uses this tablet. Each person's token, work and records open with that person's PIN only.

import { post } from './api.js'
import { get, put, write } from './store.js'
import { bytesOf, createVault, newPin, openSealed, seal, unlock } from './vault.js'

const about = id => `secrets:${id}`

// Sign in with the server; the reply is kept only by `settle`, once a PIN is chosen.
export const signIn = given => post('enrol', '', given)

// Keep a person with a new PIN: a new vault, or the vault that is here already, opened with the key the server gave back.
export async function settle(reply, pin) {
  const recovery = bytesOf(reply.recovery), known = await get('people', reply.person.id)
  const { vault, key } = known ? await newPin(known.vault, pin, recovery) : await createVault(pin, recovery)
  const secrets = await seal(key, about(reply.person.id), { token: reply.token, recovery: reply.recovery })
  const person = { ...known, ...reply.person, device: reply.device, vault, secrets, failures: 0 }
  await put('people', person)
  return { person, key, token: reply.token, recovery }
}

export async function enter(id, pin) {
  const key = await unlock(id, pin)
  const person = await get('people', id)
  const { token, recovery } = await openSealed(key, about(id), person.secrets)
  return { person, key, token, recovery: bytesOf(recovery) }
}

export const remember = (id, change) => write(['people'], async store => {
  const person = await store('people').get(id)
  if (person) await store('people').put({ ...person, ...change })
})

// Forget a person and everything of theirs; only after all of it was sent.
export const forget = id => write(['people', 'work', 'records', 'files', 'journal'], async store => {
  for (const record of await store('records').by('person', id)) {
    for (const file of await store('files').keysBy('record', record.id)) await store('files').delete(file)
    await store('records').delete(record.id)
  }
  for (const entry of await store('journal').keysBy('person', id)) await store('journal').delete(entry)
  await store('work').delete(id)
  await store('people').delete(id)
})
