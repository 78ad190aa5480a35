/** A browser in front of a real relay: somebody signed in, on a desk or with a phone in their hand. */
import assert from 'node:assert/strict'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { chromiumHere } from '../testkit/browser.ts'
import { type Neighbourhood, openNeighbourhood } from '../testkit/neighbourhood.ts'
import { goodPassword, setUpTokenIn } from '../testkit/person.ts'

export const owner = { email: 'ann@example.com', name: 'Ann Example', password: goodPassword }
export const desk: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, locale: 'en' }
export const phone: BrowserContextOptions = {
  ...{ viewport: { width: 360, height: 740 }, locale: 'en', isMobile: true, hasTouch: true },
}

/** Whoever signed in: what their browser keeps. */
export const signedIn: { state: Awaited<ReturnType<BrowserContext['storageState']>> | undefined } = { state: undefined }

/** One browser of somebody, gone at the end of a test. */
export interface BrowserVisit extends AsyncDisposable {
  page: Page
  context: BrowserContext
  /** What the page's policy has stopped, and what went wrong in its script. */
  troubles: string[]
}

export interface Scene extends AsyncDisposable {
  street: Neighbourhood
  /** `http://localhost:PORT`. */
  url: string
  /** Signed in as `signedIn` says, unless `how` says otherwise. */
  open(how?: BrowserContextOptions): Promise<BrowserVisit>
}

/** @param path behind the `#` */
export function at(url: string, path: string): string {
  return `${url}/console/#/${path}`
}

/** A browser whose disk is kept: what is opened with the same folder again is the same browser, after a restart. */
export async function openKept(folder: string): Promise<BrowserVisit> {
  return await visitOf(await chromium.launchPersistentContext(folder, { ...chromiumHere, ...desk }))
}

/** @param relay more options of `fairlead relay` */
export async function openScene(relay: readonly string[] = []): Promise<Scene> {
  await using building = new AsyncDisposableStack()
  const street = building.use(await openNeighbourhood({ relay }))
  const browser = await chromium.launch(chromiumHere)
  building.defer(() => browser.close())
  const built = building.move()
  return {
    street,
    url: street.publicUrl,
    open: (how) => openVisit(browser, how),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

async function openVisit(browser: Browser, how: BrowserContextOptions = {}): Promise<BrowserVisit> {
  return await visitOf(
    await browser.newContext({ ...desk, ...(signedIn.state && { storageState: signedIn.state }), ...how }),
  )
}

async function visitOf(context: BrowserContext): Promise<BrowserVisit> {
  context.setDefaultTimeout(15_000)
  const troubles: string[] = []
  await context.exposeFunction('reportTrouble', (trouble: string) => void troubles.push(trouble))
  await context.addInitScript(() => {
    const report = (trouble: string) => void Reflect.get(globalThis, 'reportTrouble')(trouble)
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      report(`policy: ${violatedDirective} ${blockedURI} ${sample}`),
    )
    addEventListener('error', ({ message }) => report(`error: ${message}`))
    addEventListener('unhandledrejection', ({ reason }) => report(`rejection: ${reason}`))
  })
  const page = await context.newPage()
  return { page, context, troubles, [Symbol.asyncDispose]: () => context.close() }
}

/** By the link that the relay has printed. */
export async function setUp({ street, url }: Scene, page: Page): Promise<void> {
  const token = setUpTokenIn(street.relay().output().stderr)
  assert.ok(token, 'the relay prints a link')
  await page.goto(at(url, `set-up/${token}`))
  await page.getByLabel('Your name').fill(owner.name)
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password').fill(owner.password)
  await page.getByRole('button', { name: 'Create this user' }).click()
  await page.getByRole('heading', { name: 'Devices' }).waitFor()
}
