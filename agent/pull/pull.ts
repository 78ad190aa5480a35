/**
 * The pull services of one device (A14): a touch at the panel, or a program's word, goes to disk first; then content is fetched
 * and printed or kept, or a page is scanned and sent. Each step is on disk before the next, so that a crash between any two
 * neither loses what was asked for nor does it twice. No session takes part: it works with the session maintenance mode OFF and ON.
 */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import type { Printing } from '../drivers/printing.ts'
import { type Again, createAgain } from '../jobs/again.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { type Scanner, ScanSettings } from '../scanning/scanner.ts'
import type { PullFiles } from './files.ts'
import { type PullService, UploadOrder } from './pull-service.ts'
import { isOpen, type KeptPull, type PullStore } from './pull-store.ts'
import { createPullView, type PullOfDevice, type PullView } from './pull-view.ts'
import { afterWord } from './scanning.ts'
import type { CallService } from './service-call.ts'
import { createSteps, type PullLimits } from './steps.ts'

export interface Pull {
  /**
   * Somebody touches a service. Twice with one word is once: a finger trembles, and browsers send a form again.
   *
   * @param touch the word that the view gave for this
   * @throws {Failure} in one sentence: why not
   */
  touch(service: string, kind: KeptPull['kind'], touch: string): void
  /**
   * Pages are scanned and sent to `url`, as by a touch: repeated until it is answered, with what became of it in the view.
   *
   * @throws {Failure} `device-refused`: it has no scanner, or too much is under way; `invalid-request`: there is no sending it so
   */
  upload(order: UploadOrder): string
  /** What somebody says of a scan: where the pages lie, or how it goes on. Of what is not asked any more nothing happens. */
  sayOfScan(id: string, turn: number, word: string): void
  /** Undefined: there is none of that ID, or it ended a week ago. */
  find(id: string): PullView | undefined
  view(): PullOfDevice
  /** One that is under way; of another nothing happens. */
  giveUp(id: string): void
  /** Seen, and to be shown no more. */
  dismiss(id: string): void
  /** Content that is kept here comes out; `touch` as above. @throws {Failure} */
  printContent(id: string, touch: string): void
  deleteContent(id: string): void
  /** The device is given away: whatever is here goes. */
  forget(): void
  /** Goes on with what an earlier life has left. */
  start(): void
  /** What is under way goes on at the next start. */
  stop(): Promise<void>
}

export interface PullNeeds {
  store: PullStore
  files: PullFiles
  services: readonly PullService[]
  callService: CallService
  /** Undefined: the device prints no documents. */
  printing: Printing | undefined
  /** Undefined: it has none. */
  scanner: Scanner | undefined
  jobs: Pick<Jobs, 'printOwn' | 'find'>
  clock: Clock
  random: Random
  log: Log
  limits?: PullLimits
}

/** Under way at once; a finger is faster than a service that does not answer. */
const mostOpen = 20
const mostRemembered = 200
const rememberedMs = 7 * 24 * 3_600_000

export function createPull(needs: PullNeeds): Pull {
  const { store, files, services, clock, random } = needs
  const stopping = new AbortController()
  const running = new Map<string, { again: Again; givenUp: AbortController }>()
  const steps = createSteps({ ...needs, stopping: stopping.signal })
  const views = createPullView(needs)

  files.keepOnly(
    new Set(
      store
        .all()
        .filter(isOpen)
        .map(({ id }) => id),
    ),
    new Set(store.contents().map(({ id }) => id)),
  )

  function begin(pull: KeptPull): void {
    forgetOld()
    if (store.find(pull.id)) return
    if (store.all().filter(isOpen).length >= mostOpen)
      throw new Failure('device-refused', `${mostOpen} are under way here: wait for one of them, or give one up.`)
    files.open()
    store.add(pull)
    run(pull)
  }

  function run(pull: KeptPull): void {
    const givenUp = new AbortController()
    const again = createAgain({
      ...needs,
      event: 'pull.failed',
      run: () => steps.walk(pull, givenUp.signal, again),
    })
    running.set(pull.id, { again, givenUp })
    again.hurry()
  }

  function forgetOld(): void {
    for (const id of running.keys()) {
      const pull = store.find(id)
      if (!pull || !isOpen(pull)) running.delete(id)
    }
    const ended = store.all().filter((pull) => !isOpen(pull))
    const old = ended.filter(
      ({ changedAtMs }, at) => clock.wallNow() - changedAtMs > rememberedMs || at < ended.length - mostRemembered,
    )
    for (const { id } of old) store.remove(id)
  }

  function giveUp(pull: KeptPull): void {
    steps.end(pull, 'given-up')
    running.get(pull.id)?.givenUp.abort()
  }

  function deleteContent(id: string): void {
    store.removeContent(id)
    files.removeContent(id)
  }

  function newPull(
    id: string,
    kind: KeptPull['kind'],
    state: KeptPull['state'],
    more: Pick<KeptPull, 'title' | 'url'> & Partial<KeptPull>,
  ): KeptPull {
    const atMs = clock.wallNow()
    return { id, kind, state, atMs, changedAtMs: atMs, ...more }
  }

  function mustScan(): void {
    if (!needs.scanner)
      throw new Failure(
        'device-refused',
        'This device has no scanner: name one in its configuration (scanner: DEVICE).',
      )
  }

  return {
    touch(id, kind, touch) {
      const service = services.find((each) => each.id === id)
      const url = kind === 'send' ? service?.upload : service?.download
      if (!service || url === undefined) throw new Failure('not-found', 'There is no such service here.')
      if (kind === 'send') mustScan()
      if (kind === 'print' && !needs.printing) throw new Failure('device-refused', 'This device prints no documents.')
      const pullId = views.pullOf(`${id} ${kind}`, touch)
      if (pullId === undefined) return
      const { title, authorization, scan } = service
      const settings = kind === 'send' ? { settings: ScanSettings.parse(scan ?? {}) } : {}
      begin(
        newPull(pullId, kind, kind === 'send' ? 'scanning' : 'fetching', { title, url, authorization, ...settings }),
      )
    },
    upload(order) {
      const read = UploadOrder.safeParse(order)
      if (!read.success)
        throw new Failure('invalid-request', 'A scan needs a title of 1 to 60 characters and an http or https address.')
      mustScan()
      const { id = random.token(16), ...asked } = read.data
      begin(newPull(id, 'send', 'scanning', asked))
      return id
    },
    sayOfScan(id, turn, word) {
      const pull = store.find(id)
      if (pull?.state !== 'scanning' || !pull.scan) return
      const scan = afterWord(pull.scan, turn, word)
      if (!scan) return
      store.keep(pull, { scan, changedAtMs: clock.wallNow() })
      running.get(id)?.again.hurry()
    },
    find: views.find,
    view: views.all,
    giveUp(id) {
      const pull = store.find(id)
      if (pull && isOpen(pull) && pull.state !== 'fetched') giveUp(pull)
    },
    dismiss(id) {
      const pull = store.find(id)
      if (pull && !isOpen(pull)) store.keep(pull, { isSeen: true })
    },
    printContent(id, touch) {
      const content = store.contents().find((each) => each.id === id)
      if (!content) throw new Failure('not-found', 'It is not here any more.')
      const pullId = views.pullOf(`content ${id}`, touch)
      if (pullId === undefined) return
      const { title, name, format, bytes } = content
      const pull = newPull(pullId, 'print', 'fetched', {
        title,
        url: '',
        begun: { name, format, bytes, etag: undefined },
      })
      begin(Object.assign(pull, { bytes, content: id }))
    },
    deleteContent,
    forget() {
      for (const pull of store.all().filter(isOpen)) giveUp(pull)
      for (const { id } of store.contents()) deleteContent(id)
      for (const { id } of store.all()) store.remove(id)
    },
    start() {
      forgetOld()
      for (const pull of store.all().filter(isOpen)) run(pull)
    },
    async stop() {
      stopping.abort()
      await Promise.all([...running.values()].map(({ again }) => again.stop()))
    },
  }
}
