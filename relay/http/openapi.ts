/** The API's document, OpenAPI 3.1, made from the routes themselves: what is not mounted is not in it, and the reverse. */
import { Problem } from '@fairlead/protocol/contract'
import { type ZodType, z } from 'zod'
import { type DoorCode, problems } from './problem.ts'
import type { HeaderNotes, Route } from './route.ts'

/** JSON Schema, or any other part of the document. */
export type Part = { [name: string]: unknown }

export interface OpenApi {
  openapi: '3.1.0'
  info: Part
  servers: Part[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Part>>
  components: { schemas: Record<string, Part>; securitySchemes: Record<string, Part> }
}

const problemSchema = { $ref: '#/components/schemas/Problem' }

export function createOpenApi(routes: readonly Route[], version: string): OpenApi {
  const schemas: Record<string, Part> = {}

  /** Named schemas become components; what stays is put in place. */
  function tell(schema: ZodType, io: 'input' | 'output'): Part {
    const text = JSON.stringify(z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }))
    const { $schema, $defs, ...rest } = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as Part
    for (const [name, part] of Object.entries(($defs ?? {}) as Record<string, Part>)) addSchema(name, part)
    return rest
  }

  function addSchema(name: string, part: Part): void {
    const known = schemas[name]
    if (known && JSON.stringify(known) !== JSON.stringify(part))
      throw new Error(`Two different schemas are called ${name}.`)
    schemas[name] = part
  }

  function operationOf(route: Route): Part {
    return {
      operationId: route.operationId,
      summary: route.summary,
      tags: [tagOf(route.path)],
      security: securityOf(route),
      parameters: [...pathParameters(route, tell), ...queryParameters(route, tell), ...headerParameters(route)],
      ...(route.body ? { requestBody: bodyOf(route.body, tell) } : {}),
      ...(route.streamsBody ? { requestBody: octets } : {}),
      responses: { ...answersOf(route, tell), ...refusalsOf(route) },
    }
  }

  tell(Problem, 'output')
  const paths: OpenApi['paths'] = {}
  for (const route of routes) {
    const path = paths[route.path] ?? {}
    path[route.method.toLowerCase()] = operationOf(route)
    paths[route.path] = path
  }
  const used = new Set(routes.map((route) => tagOf(route.path)))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fairlead',
      version,
      description:
        'One plain HTTP call reaches any device behind NAT and firewall. Errors are `application/problem+json` (RFC 9457); times are ISO 8601 UTC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas, securitySchemes },
  }
}

const tags: Record<string, string> = {
  services: 'What services call, with a key.',
  devices: 'What devices call, with their own ID and secret.',
  operation: 'What keeps the relay running.',
}

function tagOf(path: string): string {
  if (path.startsWith('/device/')) return 'devices'
  return path.startsWith('/v1/') ? 'services' : 'operation'
}

const securitySchemes = {
  key: { type: 'http', scheme: 'bearer', description: 'A key of a service, or the admin key.' },
  device: { type: 'http', scheme: 'basic', description: "A device's ID and secret." },
  print: {
    type: 'http',
    scheme: 'basic',
    description: 'An e-mail address and an app password, or any name and a key.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-fairlead',
    description: 'Somebody who has signed in. What changes something is taken from pages of this relay only.',
  },
}

/** The right that a key needs stands as the scope: OpenAPI 3.1 allows role names for every type of scheme. */
function securityOf({ access }: Route): Part[] {
  if (access === 'anybody') return []
  if (access === 'device' || access === 'print') return [{ [access]: [] }]
  return access === 'user' ? [{ session: [] }] : [{ key: [access] }, { session: [access] }]
}

type Tell = (schema: ZodType, io: 'input' | 'output') => Part

function pathParameters(route: Route, tell: Tell): Part[] {
  const { properties = {} } = (route.params ? tell(route.params, 'input') : {}) as { properties?: Record<string, Part> }
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }))
}

function queryParameters(route: Route, tell: Tell): Part[] {
  if (!route.query) return []
  const { properties = {}, required = [] } = tell(route.query, 'input') as {
    properties?: Record<string, Part>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function headerParameters(route: Route): Part[] {
  return Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }))
}

function bodyOf(schema: ZodType, tell: Tell): Part {
  return { required: true, content: { 'application/json': { schema: tell(schema, 'input') } } }
}

const octets: Part = { required: false, content: { '*/*': { schema: { type: 'string', format: 'binary' } } } }

const requestHeaders: HeaderNotes = {
  'Fairlead-Request-Id': 'The ID of this request, also where it was refused.',
  'Fairlead-Outcome': 'answered, rejected, pending, not-sent or unknown.',
}

function headersOf(notes: HeaderNotes): Part {
  const entries = Object.entries(notes)
  if (entries.length === 0) return {}
  const headers = entries.map(([name, description]) => [name, { description, schema: { type: 'string' } }])
  return { headers: Object.fromEntries(headers) }
}

function answersOf(route: Route, tell: Tell): Record<string, Part> {
  const answers = Object.entries(route.answers).map(([status, { description, schema, contentType, headers }]) => {
    const type = contentType ?? (schema ? 'application/json' : undefined)
    const content = type ? { content: { [type]: schema ? { schema: tell(schema, 'output') } : {} } } : {}
    return [
      status,
      { description, ...headersOf({ ...(route.isRequest ? requestHeaders : {}), ...headers }), ...content },
    ]
  })
  return Object.fromEntries(answers)
}

/** What this route itself refuses, and what the door refuses for it. */
function codesOf(route: Route): DoorCode[] {
  const keyed = route.access !== 'anybody'
  const usual: [boolean, DoorCode][] = [
    [Boolean(route.body || route.query), 'invalid-request'],
    [Boolean(route.body || route.streamsBody), 'too-large'],
    [keyed, 'unauthorized'],
    [keyed, 'forbidden'],
    [keyed, 'insecure-transport'],
    [keyed && route.access !== 'device' && route.withoutFactor !== 'always', 'second-factor-required'],
    [route.needsProof === true, 'prove-again'],
    [route.work !== undefined || (route.access !== 'device' && route.method !== 'GET'), 'unavailable'],
    [keyed, 'too-many-requests'],
    [true, 'internal-error'],
  ]
  const codes = usual.filter(([holds]) => holds).map(([, code]) => code)
  return [...new Set<DoorCode>([...(route.problems ?? []), ...codes])]
}

function refusalsOf(route: Route): Record<string, Part> {
  const byStatus = new Map<number, DoorCode[]>()
  for (const code of codesOf(route)) {
    const { status } = problems[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const refusals = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
      ...headersOf({
        ...(route.isRequest ? requestHeaders : {}),
        ...(status === 429 || status === 503 ? { 'Retry-After': 'Seconds after which to try again.' } : {}),
        ...(status === 401 ? { 'WWW-Authenticate': 'What credential is wanted.' } : {}),
      }),
      content: {
        'application/problem+json': {
          schema: { allOf: [problemSchema, { properties: { code: { enum: codes }, status: { const: status } } }] },
        },
      },
    },
  ])
  return Object.fromEntries(refusals)
}
