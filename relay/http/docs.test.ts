/** The OpenAPI document and its page. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { z } from 'zod'
import { renderDocs } from './docs-page.ts'
import { createOpenApi, type OpenApi, type Part } from './openapi.ts'
import { route } from './route.ts'
import { openTestDoor } from './test-door.ts'

/** What of Ajv is used; Fastify brings it along. */
interface Ajv {
  addSchema(schema: Part): void
  validateSchema(schema: Part): boolean
  getSchema(reference: string): ((value: unknown) => boolean) | undefined
  errorsText(): string
}

function openAjv(): Ajv {
  const { Ajv2020 } = createRequire(import.meta.resolve('fastify'))('ajv/dist/2020.js')
  return new Ajv2020({ strict: false, validateFormats: false })
}

async function readDocument(): Promise<OpenApi> {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/openapi.json')
  assert.equal(response.status, 200)
  return (await response.json()) as OpenApi
}

function* walk(part: unknown, path = '#'): Generator<[path: string, part: Part]> {
  if (typeof part !== 'object' || part === null) return
  if (!Array.isArray(part)) yield [path, part as Part]
  for (const [name, inner] of Object.entries(part)) yield* walk(inner, `${path}/${name}`)
}

function resolve(document: OpenApi, reference: string): unknown {
  assert.match(reference, /^#\//)
  return reference
    .slice(2)
    .split('/')
    .reduce((part: unknown, name) => (part as Part | undefined)?.[name], document)
}

test('the document is OpenAPI 3.1, and every reference in it leads somewhere', async () => {
  const document = await readDocument()
  assert.equal(document.openapi, '3.1.0')
  for (const field of ['title', 'version', 'description']) assert.ok(document.info[field], field)
  let references = 0
  for (const [path, part] of walk(document)) {
    if (typeof part['$ref'] !== 'string') continue
    references++
    assert.ok(resolve(document, part['$ref']), `${path}: ${part['$ref']}`)
  }
  assert.ok(references > 5)
})

test('every route that is mounted is in the document, with all that it takes and says', async () => {
  const { paths, components } = await readDocument()
  assert.deepEqual(
    Object.entries(paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
      .sort(),
    [
      'delete /v1/devices/{id}',
      'get /healthz',
      'get /metrics',
      'get /readyz',
      'get /v1/devices/{id}',
      'get /v1/docs',
      'get /v1/openapi.json',
      'get /v1/stream',
      'get /v1/wait',
      'post /device/v1/survival',
      'post /v1/accounts',
      'post /v1/devices/{id}/requests',
    ],
  )
  const ids = new Set<unknown>()
  for (const [path, methods] of Object.entries(paths))
    for (const operation of Object.values(methods)) {
      ids.add(operation['operationId'])
      const parameters = operation['parameters'] as Part[]
      const named = parameters.filter((parameter) => parameter['in'] === 'path').map((parameter) => parameter['name'])
      assert.deepEqual(
        named,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      )
      assert.ok(Object.keys(operation['responses'] as Part).some((status) => status.startsWith('2')))
      for (const requirement of operation['security'] as Part[])
        for (const scheme of Object.keys(requirement)) assert.ok(components.securitySchemes[scheme], scheme)
    }
  assert.equal(ids.size, 12)
})

test('a request call tells its body, headers, answers and problems', async () => {
  const { paths } = await readDocument()
  const ask = paths['/v1/devices/{id}/requests']?.['post'] as Part
  assert.deepEqual(ask['security'], [{ key: ['requests:write'] }, { session: ['requests:write'] }])
  assert.deepEqual(ask['requestBody'], {
    required: true,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/ServiceRequest' } } },
  })
  const names = (ask['parameters'] as Part[]).map((parameter) => parameter['name'])
  assert.deepEqual(names, ['id', 'Idempotency-Key'])
  const responses = ask['responses'] as Record<string, Part>
  assert.deepEqual(Object.keys(responses), ['200', '400', '401', '403', '404', '409', '413', '429', '500', '503'])
  for (const response of Object.values(responses))
    assert.ok(
      'Fairlead-Outcome' in (response['headers'] as Part) && 'Fairlead-Request-Id' in (response['headers'] as Part),
    )
  assert.match(JSON.stringify(responses['403']), /"enum":\["forbidden","insecure-transport","second-factor-required"\]/)
})

test('every schema of the document is JSON Schema, and means what the door does', async () => {
  const document = await readDocument()
  const ajv = openAjv()
  ajv.addSchema({ $id: 'fairlead', ...document })
  for (const [path, part] of walk(document))
    if (path.endsWith('/schema')) assert.ok(ajv.validateSchema(part), `${path}: ${ajv.errorsText()}`)
  const fits = ajv.getSchema('fairlead#/components/schemas/ServiceRequest')
  assert.ok(fits)
  const good = [{ get: ['a'] }, { set: { a: [1] }, timeoutSeconds: 300 }, { command: 'identify', arguments: {} }]
  const bad = [
    {},
    { get: [] },
    { get: ['a'], set: { a: 1 } },
    { get: ['a'], odd: 1 },
    { set: {} },
    { get: ['a'], timeoutSeconds: 0 },
  ]
  for (const body of good) assert.equal(fits(body), true, JSON.stringify(body))
  for (const body of bad) assert.equal(fits(body), false, JSON.stringify(body))
  assert.equal(fits({ get: Array(101).fill('a') }), false)
})

test('a name that would stand for two different schemas is refused when the relay starts', () => {
  const named = z.object({ a: z.string().default('x') }).meta({ id: 'Named' })
  const both = route({
    method: 'POST',
    path: '/both',
    operationId: 'both',
    summary: 'Takes what it gives.',
    access: 'anybody',
    body: named,
    answers: { 200: { description: 'Done.', schema: named } },
    handle: async () => ({ status: 200 }),
  })
  assert.throws(() => createOpenApi([both], '0'), /Two different schemas are called Named/)
})

test('S-W4 the page needs no key and no script, and loads nothing from elsewhere', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/docs')
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
  const policy = String(response.headers.get('content-security-policy'))
  assert.match(policy, /default-src 'none'; style-src 'self'/)
  assert.doesNotMatch(policy, /unsafe|\*|http/)
  const page = await response.text()
  assert.doesNotMatch(page, /<(script|style|iframe|img|form|object)\b|\s(style|on\w+)=/i)
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
  const targets = new Set([...page.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, target = '']) => target))
  assert.ok(targets.size > 5)
  for (const target of targets) {
    assert.match(target, /^(#|\/v1\/)/)
    if (target.startsWith('#')) assert.ok(ids.has(target.slice(1)), target)
    else assert.equal((await relay.fetch(target)).status, 200, target)
  }
  assert.match(page, /<meta name="viewport" content="width=device-width/)
  for (const call of ['/v1/devices/{id}/requests', '/healthz', 'ServiceRequest'])
    assert.ok(page.includes(`<code>${call}</code>`), call)
})

test('what a schema says is text on the page, never markup', () => {
  const nasty = '<img src=x onerror=alert(1)>'
  const page = renderDocs({
    openapi: '3.1.0',
    info: { title: nasty, version: nasty, description: nasty },
    servers: [],
    tags: [{ name: nasty, description: nasty }],
    paths: {
      [nasty]: {
        get: {
          operationId: nasty,
          summary: nasty,
          tags: [nasty],
          security: [],
          parameters: [],
          responses: { 200: { description: nasty } },
        },
      },
    },
    components: {
      schemas: { [nasty]: { properties: { [nasty]: { type: nasty, const: nasty } } } },
      securitySchemes: {},
    },
  })
  assert.ok(page.includes('&#60;img'))
  assert.ok(!page.includes('<img'))
})
