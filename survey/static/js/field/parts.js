// How a questionnaire is cut into screens: one part a screen, and a screen for each row of a roster. The twin of web/fill/parts.py.

const LIMIT = 20

const isShown = node => node.children ? node.children.some(isShown) : node.asked || node.kind === 'note'
const isRoster = node => node.level !== undefined
const holdsRoster = node => !!node.children && (isRoster(node) || node.children.some(holdsRoster))
const asked = node => node.children ? node.children.reduce((sum, child) => sum + asked(child), 0) : +!!node.asked

const isCut = group => {
  const inner = group.children.filter(child => child.children)
  return inner.some(holdsRoster) || inner.length > 0 && asked(group) > LIMIT
}

function cut(group) {
  const parts = []
  let loose = []
  const flush = () => { if (loose.length) parts.push({ head: group, nodes: loose }); loose = [] }
  for (const child of group.children) {
    if (!isShown(child)) continue
    if (!child.children) {
      const last = parts.at(-1)
      if (last && !loose.length && !isRoster(last.head)) last.nodes = [...last.nodes, child]
      else loose.push(child)
      continue
    }
    flush()
    if (!isRoster(child) && isCut(child)) parts.push(...cut(child))
    else parts.push({ head: child, nodes: [child] })
  }
  flush()
  return parts
}

// Return the parts of a model in order: { head, nodes, roster }.
export const partsOf = model => cut(model.root).map(part => ({ ...part, roster: isRoster(part.head) ? part.head : null }))

// Return the screens that the answers lead to: a part, or a roster's overview followed by its rows. `key` names a screen.
export function screensOf(form, parts) {
  const screens = []
  parts.forEach((part, index) => {
    if (!part.nodes.some(node => isAsked(form, node))) return
    if (!part.roster) return screens.push({ key: `${index}`, part })
    screens.push({ key: `${index}`, part, roster: part.roster })
    for (const path of rowsOf(form, part.roster)) screens.push({ key: `${index}@${path}`, part, roster: part.roster, row: path })
  })
  return screens
}

// Whether anything of a node can be seen now; nodes stand outside rosters here.
function isAsked(form, node) {
  if (isRoster(node)) return form.locate(node.path).row && (rowsOf(form, node).length > 0 || form.relevant(node.path) && !node.fixed)
  if (!form.relevant(node.path)) return false
  return node.children ? node.children.some(child => isShown(child) && isAsked(form, child)) : isShown(node)
}

export function rowsOf(form, roster) {
  const { row } = form.locate(roster.path)
  return row.kids[roster.level].filter(kid => kid.relevant).map(kid => `${roster.path}[${kid.place}]`)
}

// The screen that shows an answer path.
export function screenOf(screens, path) {
  const row = /^.*?\[\d+\]/.exec(path)?.[0]
  const plain = path.replace(/\[\d+\]/g, '')
  return screens.find(screen => screen.row && screen.row === row)
    || screens.find(({ part, roster, row: own }) => !own && (!roster || !row)
      && part.nodes.some(node => plain === node.path || plain.startsWith(`${node.path}/`)))
}
