// How long the next try at a PIN has to wait: seconds that double with each wrong one. A clock set back does not shorten it.

const FREE_TRIES = 3
const LONGEST_WAIT = 30 * 60

export const waitOf = ({ failures = 0, triedAt = 0 }) => {
  if (failures < FREE_TRIES) return 0
  const whole = Math.min(LONGEST_WAIT, 5 * 2 ** (failures - FREE_TRIES)) * 1000
  const passed = Date.now() - triedAt
  return Math.ceil(Math.max(0, passed < 0 ? whole : whole - passed) / 1000)
}
