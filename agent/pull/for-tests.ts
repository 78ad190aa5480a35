/** The pull services of one device on a disk of their own, against real HTTP servers. For tests only. */
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, silentLog, systemClock, systemRandom } from '@fairlead/base'
import { openFolder } from '../../testkit/folder.ts'
import { until } from '../../testkit/until.ts'
import type { Printing } from '../drivers/printing.ts'
import type { JobView, OwnDocument } from '../jobs/jobs.ts'
import type { Scanner } from '../scanning/scanner.ts'
import { createVirtualScanner } from '../scanning/virtual-scanner.ts'
import { createHttpClient } from '../uplink/http-client.ts'
import { createPullFiles } from './files.ts'
import { createPull, type Pull } from './pull.ts'
import type { PullService } from './pull-service.ts'
import { createPullStore, type KeptPull, type PullStore, pullTables } from './pull-store.ts'
import type { PullView } from './pull-view.ts'
import type { ScanWord } from './scanning.ts'
import { createCallService } from './service-call.ts'
import { type PullLimits, usualLimits } from './steps.ts'

export interface TestPullOptions {
  services?: PullService[]
  limits?: Partial<PullLimits>
  clock?: Clock
  scanner?: Scanner | undefined
  /** What the device prints; undefined: nothing. */
  formats?: string[]
  /** The first life ends at this write. */
  death?: LastWrite
  /** This write of the first life is refused, and it lives on. */
  refusal?: LastWrite
}

export interface LastWrite {
  writes: number
  when: 'before' | 'behind'
}

export interface TestPull extends AsyncDisposable {
  readonly folder: string
  readonly printed: OwnDocument[]
  /** Of the life that runs now. */
  pull(): Pull
  /** As by a finger on the panel. */
  touch(service: string, kind: KeptPull['kind']): string
  until(id: string, state: KeptPull['state']): Promise<PullView>
  over(id: string): Promise<PullView>
  /** What somebody says of a scan, as soon as it is asked. */
  say(id: string, word: ScanWord): Promise<void>
  /** Its last write has been. */
  hasDied(): boolean
  /** It ends in an orderly way, and another begins on the same disk. */
  again(): Promise<void>
}

/** Fails at its nth write, before or behind it, and unless it `heals` from then on, as long as its process lives. */
function mortal(store: PullStore, { writes, when }: LastWrite, heals: boolean, died: () => void): PullStore {
  let left = writes
  const dying =
    <Words extends unknown[], Result>(write: (...words: Words) => Result) =>
    (...words: Words): Result => {
      left--
      if (left <= 0) died()
      if ((left < 0 && !heals) || (left === 0 && when === 'before')) throw new Error('The power is gone.')
      const result = write(...words)
      if (left === 0) throw new Error('The power is gone.')
      return result
    }
  return { ...store, add: dying(store.add), keep: dying(store.keep), addContent: dying(store.addContent) }
}

export async function openTestPull(options: TestPullOptions = {}): Promise<TestPull> {
  const { services = [], formats, clock = systemClock } = options
  await using building = new AsyncDisposableStack()
  const { path: folder } = building.use(await openFolder())
  const database = new DatabaseSync(`${folder}/agent.db`)
  building.defer(() => database.close())
  database.exec(pullTables)
  const http = building.use(createHttpClient(clock, {}))
  const printed: OwnDocument[] = []
  // Of printing it asks which formats alone; jobs have tests of their own.
  const printing = formats && ({ abilities: async () => ({ formats }) } as Pick<Printing, 'abilities'> as Printing)

  let isDead = false
  function live({ death, refusal }: Pick<TestPullOptions, 'death' | 'refusal'> = {}): Pull {
    const store = createPullStore(database, 'desk')
    const last = death ?? refusal
    const life = createPull({
      store: last ? mortal(store, last, last === refusal, () => (isDead = true)) : store,
      files: createPullFiles(folder, 'desk'),
      services,
      callService: createCallService(http),
      printing,
      scanner: 'scanner' in options ? options.scanner : createVirtualScanner(),
      jobs: {
        // As a job store does it: by its ID.
        printOwn(document) {
          statSync(document.file)
          if (!printed.some(({ id }) => id === document.id)) printed.push(document)
        },
        find: (): JobView | undefined => undefined,
      },
      clock,
      // What failed is tried again at once.
      random: { ...systemRandom, fraction: () => 0 },
      log: silentLog,
      limits: { ...usualLimits, ...options.limits },
    })
    life.start()
    return life
  }

  let pull = live(options)
  building.defer(() => pull.stop())
  const built = building.move()
  return {
    folder,
    printed,
    pull: () => pull,
    touch(id, kind) {
      const kinds = pull.view().services.find((service) => service.id === id)?.kinds ?? []
      const { touch } = kinds.find((each) => each.kind === kind) ?? { touch: '' }
      pull.touch(id, kind, touch)
      return touch
    },
    async until(id, state) {
      let seen: PullView | undefined
      await until(
        () => `${id} is ${state} (${JSON.stringify(seen)})`,
        () => {
          seen = pull.find(id)
          return seen?.state === state
        },
      )
      return seen as PullView
    },
    over: (id) =>
      until(`${id} is over`, () => {
        const seen = pull.find(id)
        return seen?.isOver && seen
      }),
    async say(id, word) {
      const turn = await until(`somebody is asked, and may say ${word}`, () => {
        const scan = pull.find(id)?.scan
        return scan?.words.includes(word) && scan.turn
      })
      pull.sayOfScan(id, turn, word)
    },
    hasDied: () => isDead,
    async again() {
      await pull.stop()
      pull = live()
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
