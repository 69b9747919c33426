// Photos, signatures and other files, made small before they are kept; one at a time, never as text.

import { button, dialog, h } from './dom.js'
import { t } from './text.js'

const PHOTO_PIXELS = 1600
const PHOTO_BYTES = 600_000
export const FILE_BYTES = 5_000_000

const toBlob = (canvas, type, quality) => new Promise(resolve => canvas.toBlob(resolve, type, quality))

// Return a photo as JPEG, at most `pixels` on its longer side and about 600 KB.
export async function shrink(file, pixels = PHOTO_PIXELS) {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, pixels / Math.max(picture.width, picture.height))
  const canvas = h('canvas', { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) })
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  let blob = null
  for (const quality of [0.82, 0.7, 0.55, 0.4]) {
    blob = await toBlob(canvas, 'image/jpeg', quality)
    if (blob.size <= PHOTO_BYTES) break
  }
  return blob
}

// Draw a kept picture into a canvas: the page's policy lets no blob address be an image.
export async function preview(blob, width = 320) {
  const picture = await createImageBitmap(blob)
  const scale = Math.min(1, width / picture.width)
  const canvas = h('canvas', { class: 'preview', width: Math.round(picture.width * scale), height: Math.round(picture.height * scale), role: 'img' })
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return canvas
}

// Ask for a signature; returns a PNG, or null.
export const sign = title => dialog(title, close => {
  const canvas = h('canvas', { class: 'signature', width: 900, height: 360 }), pen = canvas.getContext('2d')
  let drawing = false, drawn = false
  const clear = () => { pen.fillStyle = '#fff'; pen.fillRect(0, 0, 900, 360); drawn = false }
  const at = event => {
    const box = canvas.getBoundingClientRect()
    return [(event.clientX - box.left) * 900 / box.width, (event.clientY - box.top) * 360 / box.height]
  }
  clear()
  Object.assign(pen, { lineWidth: 4, lineCap: 'round', lineJoin: 'round', strokeStyle: '#16212b' })
  canvas.addEventListener('pointerdown', event => {
    canvas.setPointerCapture(event.pointerId)
    drawing = true
    pen.beginPath()
    pen.moveTo(...at(event))
  })
  canvas.addEventListener('pointermove', event => { if (drawing) { pen.lineTo(...at(event)); pen.stroke(); drawn = true } })
  canvas.addEventListener('pointerup', () => { drawing = false })
  return [canvas, h('div', { class: 'dialog__bar' },
    button(t('cancel'), () => close(), 'button--quiet'), button(t('signature.clear'), clear, 'button--quiet'),
    button(t('signature.keep'), async () => close(drawn ? await toBlob(canvas, 'image/png') : null)))]
})

// Where the tablet is, as a geopoint; with the policy "rounded" only to about a hundred metres.
export const position = policy => new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(({ coords }) => {
  const digits = policy === 'rounded' ? 3 : 6
  const { latitude, longitude, altitude, accuracy } = coords
  resolve([latitude.toFixed(digits), longitude.toFixed(digits), (altitude || 0).toFixed(0), Math.max(accuracy, policy === 'rounded' ? 100 : 0).toFixed(0)].join(' '))
}, reject, { enableHighAccuracy: true, timeout: 30_000, maximumAge: 60_000 }))
