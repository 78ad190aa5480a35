/** The API's document as one page that needs no script: readable on a phone, foldable, linkable. */
import { allScopes } from '@fairlead/protocol/contract'
import type { OpenApi, Part } from './openapi.ts'

export function renderDocs(document: OpenApi): string {
  const { info, tags, paths, components } = document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const sections = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => (operation['tags'] as string[])[0] === name)
    return `<section><h2 id="${html(name)}">${html(capital(name))}</h2><p>${words(description)}</p>${own.map(operationOf).join('')}</section>`
  })
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${html(name)}"><summary><code>${html(name)}</code></summary>${schemaOf(schema)}</details>`,
  )
  const links = [...tags.map(({ name }) => [name, capital(name)]), ['shapes', 'Shapes']].map(
    ([id = '', name = '']) => `<a href="#${html(id)}">${html(name)}</a>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${html(String(info['title']))} API</title>
<link rel="stylesheet" href="/v1/docs.css">
</head>
<body>
<header><h1>${html(String(info['title']))} API</h1><p>${words(String(info['description']))}</p>
<nav>${links.join(' ')} <a href="/v1/openapi.json">OpenAPI document</a></nav></header>
<main>${sections.join('')}<section><h2 id="shapes">Shapes</h2>${schemas.join('')}</section></main>
<footer>Version ${html(String(info['version']))}</footer>
</body>
</html>
`
}

function operationOf({ path, method, operation }: { path: string; method: string; operation: Part }): string {
  const id = html(String(operation['operationId']))
  const parts = [
    `<p class="quiet">${html(accessOf(operation))}</p>`,
    parametersOf((operation['parameters'] ?? []) as Part[]),
    bodyOf(operation['requestBody'] as Part | undefined),
    responsesOf((operation['responses'] ?? {}) as Record<string, Part>),
  ]
  return `<details id="${id}"><summary><span class="method ${html(method)}">${html(method.toUpperCase())}</span> <code>${html(path)}</code> <span class="quiet">${words(String(operation['summary']))}</span></summary>${parts.join('')}</details>`
}

function accessOf(operation: Part): string {
  const [wanted] = operation['security'] as Record<string, string[]>[]
  if (!wanted) return 'Needs no key.'
  if (wanted['device']) return "Needs the device's ID and secret (HTTP Basic)."
  const [right] = wanted['key'] ?? []
  if (right === undefined) return 'Needs somebody who has signed in.'
  if (right === 'admin') return 'Needs the admin key, or somebody who acts as it does.'
  return allScopes.some((scope) => scope === right)
    ? `Needs a key or a user with the right ${right}.`
    : `Needs a user with the right ${right}, or the admin key.`
}

function parametersOf(parameters: Part[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map((parameter) => {
    const schema = parameter['schema'] as Part
    const note = [parameter['description'], schema['description']].find((text) => text !== undefined)
    return row(`${parameter['name']}`, `${parameter['in']}, ${typeOf(schema)}`, note, parameter['required'] === true)
  })
  return `<h3>Parameters</h3>${table(rows)}`
}

function bodyOf(body: Part | undefined): string {
  if (!body) return ''
  return `<h3>Body</h3>${contentOf(body['content'] as Record<string, Part>)}`
}

function responsesOf(responses: Record<string, Part>): string {
  const rows = Object.entries(responses).map(([status, response]) => {
    const isGood = Number(status) < 400
    const headers = Object.keys((response['headers'] ?? {}) as Part)
    const carries = isGood && headers.length > 0 ? `<p class="quiet">Headers: ${html(headers.join(', '))}</p>` : ''
    const content = isGood ? contentOf((response['content'] ?? {}) as Record<string, Part>) : ''
    return `<tr><th scope="row">${html(status)}</th><td>${words(String(response['description']))}${carries}${content}</td></tr>`
  })
  return `<h3>Answers</h3>${table(rows)}`
}

function contentOf(content: Record<string, Part>): string {
  return Object.entries(content)
    .map(([type, media]) => {
      const schema = media['schema'] as Part | undefined
      return `<p class="quiet">${html(type)}</p>${schema ? schemaOf(schema) : ''}`
    })
    .join('')
}

function schemaOf(schema: Part): string {
  const properties = schema['properties'] as Record<string, Part> | undefined
  if (!properties) return `<p>${linkedType(schema)}</p>`
  const required = (schema['required'] ?? []) as string[]
  const rows = Object.entries(properties).map(([name, part]) =>
    row(name, undefined, part['description'], required.includes(name), linkedType(part)),
  )
  return table(rows)
}

function row(
  name: string,
  type: string | undefined,
  note: unknown,
  required: boolean,
  typeHtml = html(type ?? ''),
): string {
  const told = note === undefined ? '' : `<br>${words(String(note))}`
  return `<tr><th scope="row"><code>${html(name)}</code>${required ? '' : '<br><span class="quiet">optional</span>'}</th><td>${typeHtml}${told}</td></tr>`
}

function table(rows: readonly string[]): string {
  return `<table>${rows.join('')}</table>`
}

/** A type in words, with links to named shapes. */
function linkedType(schema: Part): string {
  return html(typeOf(schema)).replace(/→(\w+)/g, '<a href="#schema-$1">$1</a>')
}

function typeOf(schema: Part): string {
  const reference = schema['$ref']
  if (typeof reference === 'string') return `→${reference.split('/').at(-1)}`
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(', ')
  const choices = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']
  if (Array.isArray(choices) && !schema['properties'])
    return choices.map((choice) => typeOf(choice as Part)).join(' or ')
  if (schema['type'] === 'array') return `list of ${typeOf((schema['items'] ?? {}) as Part)}${boundsOf(schema)}`
  const named = schema['additionalProperties']
  if (schema['type'] === 'object' && typeof named === 'object' && !schema['properties'])
    return `names with ${typeOf(named as Part)}${boundsOf(schema)}`
  const properties = schema['properties'] as Part | undefined
  if (properties) return `{${Object.keys(properties).join(', ')}}`
  return `${[schema['type'] ?? 'any JSON'].flat().join(' or ')}${boundsOf(schema)}`
}

function boundsOf(schema: Part): string {
  const from = schema['minimum'] ?? schema['minLength'] ?? schema['minItems'] ?? schema['minProperties']
  const to = schema['maximum'] ?? schema['maxLength'] ?? schema['maxItems'] ?? schema['maxProperties']
  const unset = schema['default'] === undefined ? '' : `, ${JSON.stringify(schema['default'])} by default`
  const isBound = typeof to === 'number' && to < Number.MAX_SAFE_INTEGER
  if (!isBound) return `${typeof from === 'number' && from > 0 ? `, at least ${from}` : ''}${unset}`
  return `, ${typeof from === 'number' ? `${from} to` : 'at most'} ${to}${unset}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Text with `code` in backticks. */
function words(text: string): string {
  return html(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
