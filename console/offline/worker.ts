/** The service worker: it keeps the console's files in the browser, so that its page opens while no relay answers (E1). */

/** What of its world the types of pages do not know. Source: W3C Service Workers. */
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Lasting {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
interface WorkerWorld {
  readonly registration: { readonly scope: string }
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'install' | 'activate', hear: (event: Lasting) => void): void
  addEventListener(type: 'fetch', hear: (event: Fetching) => void): void
}
const world = globalThis as unknown as WorkerWorld

const kept = 'fairlead-console'
const page = world.registration.scope
/** A relay that answers answers sooner; on a line that swallows everything nobody waits for longer. */
const longestWaitMs = 4_000

world.addEventListener('install', (event) => event.waitUntil(keepAll().then(() => world.skipWaiting())))
world.addEventListener('activate', (event) => event.waitUntil(world.clients.claim()))
world.addEventListener('fetch', (event) => {
  const { method, url, mode } = event.request
  if (method !== 'GET' || !url.startsWith(page)) return
  if (mode === 'navigate') event.respondWith(freshPage(event))
  // Their names say what is in them: what is kept is right.
  else if (url.startsWith(`${page}assets/`)) event.respondWith(keptFile(event.request))
})

/** The relay's page where it answers, since that is the newest; else the kept one. */
async function freshPage(event: Fetching): Promise<Response> {
  try {
    const answer = await fetch(page, { signal: AbortSignal.timeout(longestWaitMs), redirect: 'manual' })
    if (!answer.ok) throw new Error(`The page is answered ${answer.status}.`)
    event.waitUntil(keepAll())
    return answer
  } catch (error) {
    const here = await caches.match(page)
    if (here) return here
    throw error
  }
}

async function keptFile(request: Request): Promise<Response> {
  return (await caches.match(request.url)) ?? (await fetch(request))
}

/** All of one version or none: only when every file is here the page is another one, and what it does not need goes. */
async function keepAll(): Promise<void> {
  const [list, fresh] = await Promise.all([fetch(`${page}files`), fetch(page)])
  if (!list.ok || !fresh.ok) return
  const { files } = (await list.json()) as { files: string[] }
  const cache = await caches.open(kept)
  const wanted = new Set(files.map((file) => page + file))
  for (const url of wanted) if (!(await cache.match(url))) await cache.add(url)
  await cache.put(page, fresh)
  for (const { url } of await cache.keys()) if (url !== page && !wanted.has(url)) await cache.delete(url)
}
