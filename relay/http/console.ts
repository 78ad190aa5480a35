/** The console as it was built: its page at `/console/`, and files whose names say what is in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '@fairlead/base'
import { z } from 'zod'
import { type Answer, type Route, route, type Visit } from './route.ts'

/**
 * S-W4. Nothing is loaded from elsewhere, and no text becomes code. One Trusted Types policy may be made, for the service worker: it
 * answers with the address of ours, whatever it is given (`console/offline/install.ts`).
 */
function policyFor(seenUrls: readonly string[]): string {
  const connect = ["connect-src 'self'", ...seenUrls].join(' ')
  return [
    ...[
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      connect,
      "img-src 'self' data:",
      "manifest-src 'self'",
    ],
    ...["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"],
    ...["require-trusted-types-for 'script'", 'trusted-types worker'],
  ].join('; ')
}

const headersOfAll = {
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  vary: 'Accept-Encoding',
}

/** Another content has another name: what was fetched once is good for ever. */
const forEver = { 'cache-control': 'public, max-age=31536000, immutable' }

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
}

/** The best first; each stands beside the file itself, made when the console was built. */
const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

interface Asset {
  contentType: string
  plain: Buffer
  encoded: ReadonlyMap<string, Buffer>
}

const notBuilt =
  'The console has not been built: run `npm run build` in the folder of Fairlead, then start the relay again.'

/** Where `tools/build.mjs` puts it. */
const builtFolder = fileURLToPath(new URL('../../console/dist', import.meta.url))

/** @param seenUrls names of this relay that the console calls besides its own */
export function consoleRoutes(folder = builtFolder, seenUrls: readonly string[] = []): Route[] {
  const policy = { 'content-security-policy': policyFor(seenUrls) }
  const page = readAsset(join(folder, 'index.html'))
  const assets = readAssets(join(folder, 'assets'))
  /** What a browser that keeps the console asks for by name. */
  const named = ['worker.js', 'manifest.webmanifest', 'icon.svg'].flatMap((name) => {
    const asset = readAsset(join(folder, name))
    return asset ? [{ name, asset }] : []
  })
  // The worker is kept by the browser itself.
  const files = [
    ...named.map(({ name }) => name).filter((name) => name !== 'worker.js'),
    ...[...assets.keys()].map((name) => `assets/${name}`),
  ]
  return [
    look('/', 'Browsers go on to the console.', async (visit) => {
      if (!visit.header('accept')?.includes('text/html'))
        throw new Failure('not-found', 'Nothing has this address. `/v1/docs` lists what there is.')
      return moved
    }),
    look('/console', 'Its address ends with a slash.', async () => moved),
    look('/console/', 'The console.', async (visit) => {
      if (!page) return { status: 404, text: { contentType: 'text/plain; charset=utf-8', content: `${notBuilt}\n` } }
      return answerWith(page, visit, policy)
    }),
    look('/console/files', 'What there is of the console, for browsers that keep it.', async () => ({
      status: 200,
      body: { files },
    })),
    ...named.map(({ name, asset }) =>
      look(`/console/${name}`, 'A file of the console.', async (visit) => answerWith(asset, visit, policy)),
    ),
    look('/console/assets/{file}', 'A file of the console.', async (visit) => {
      const asset = assets.get(visit.params.file)
      if (!asset) throw new Failure('not-found', 'The console has no such file: load its page again.')
      return answerWith(asset, visit, { ...policy, ...forEver })
    }),
  ]
}

const moved: Answer = { status: 302, headers: { location: '/console/' } }

type Look = Visit<{ file: string }, unknown, unknown>

function look(path: string, summary: string, handle: (visit: Look) => Promise<Answer>): Route {
  return route<{ file: string }>({
    method: 'GET',
    path,
    operationId: 'readConsole',
    summary,
    access: 'anybody',
    ...(path.includes('{') && { params: z.object({ file: z.string() }) }),
    answers: { 200: { description: summary } },
    handle,
  })
}

function answerWith({ contentType, plain, encoded }: Asset, visit: Look, more: Record<string, string>): Answer {
  const accepted = new Set(visit.header('accept-encoding')?.split(/\s*,\s*/))
  const [encoding] = [...encoded.keys()].filter((one) => accepted.has(one))
  return {
    status: 200,
    text: { contentType, content: encoded.get(encoding ?? '') ?? plain },
    headers: { ...headersOfAll, ...more, ...(encoding && { 'content-encoding': encoding }) },
  }
}

function readAssets(folder: string): ReadonlyMap<string, Asset> {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return new Map(
    names.flatMap((name) => {
      const asset = readAsset(join(folder, name))
      return asset ? [[name, asset] as const] : []
    }),
  )
}

function readAsset(path: string): Asset | undefined {
  const contentType = contentTypes[extname(path)]
  if (contentType === undefined || !existsSync(path)) return undefined
  const encoded = encodings.flatMap(([name, suffix]) =>
    existsSync(path + suffix) ? [[name, readFileSync(path + suffix)] as const] : [],
  )
  return { contentType, plain: readFileSync(path), encoded: new Map(encoded) }
}
