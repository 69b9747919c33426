// The Vietnamese words by their keys; the server writes them in here when it makes an edition.

export const words = {}
