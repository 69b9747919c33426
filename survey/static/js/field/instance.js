// Answers → XForms instance XML, as questionnaire/instance.py writes it.

const ORX = 'http://openrosa.org/xforms'
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
const escape = text => text.replace(NOT_XML, '').replace(/[&<>]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])
const quote = text => `"${escape(text).replaceAll('"', '&quot;')}"`
const element = (name, text) => text ? `<${name}>${escape(text)}</${name}>` : `<${name}/>`

function inside(group, answers) {
  let xml = ''
  for (const node of group.children) {
    const value = answers[node.name]
    if (value === undefined || node.path === 'meta') continue
    if (!node.children) xml += element(node.name, value)
    else for (const one of node.level === undefined ? [value] : value) xml += `<${node.name}>${inside(node, one)}</${node.name}>`
  }
  return xml
}

// Write an interview's answers with its identifiers; what is not asked is not in `answers` and is left out.
export function serialise(model, answers, { instance, deprecated = '', name = '' }) {
  const meta = { ...answers.meta, instanceID: instance }
  delete meta.deprecatedID
  if (deprecated) meta.deprecatedID = deprecated
  if (name) meta.instanceName = name
  const identifiers = Object.entries(meta).map(([key, value]) => element(`orx:${key}`, value)).join('')
  const { name: root } = model.root
  const space = model.namespace ? ` xmlns=${quote(model.namespace)}` : ''
  const head = `<${root}${space} xmlns:orx="${ORX}" id=${quote(model.form)} version=${quote(model.version)}>`
  return `<?xml version='1.0' encoding='utf-8'?>\n${head}${inside(model.root, answers)}<orx:meta>${identifiers}</orx:meta></${root}>`
}
