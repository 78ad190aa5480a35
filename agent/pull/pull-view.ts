/** The pulls of a device as others see them: the panel, and a program that has asked for one. */
import type { Clock, Random } from '@fairlead/base'
import type { Printing } from '../drivers/printing.ts'
import type { Jobs, JobView } from '../jobs/jobs.ts'
import type { Scanner } from '../scanning/scanner.ts'
import type { PullService } from './pull-service.ts'
import {
  isOpen,
  type KeptContent,
  type KeptPull,
  type PullState,
  type PullStore,
  type ScanUnderWay,
} from './pull-store.ts'
import { noScanYet, type ScanWord, wordsToSay } from './scanning.ts'
import { ownJobId } from './steps.ts'
import type { Why } from './why.ts'

export interface PullView {
  readonly id: string
  readonly kind: KeptPull['kind']
  readonly title: string
  readonly state: PullState
  readonly isOver: boolean
  readonly atMs: number
  readonly changedAtMs: number
  readonly name: string | undefined
  /** To whom it is, or was, passed on. */
  readonly to: string | undefined
  /** The service's own words. */
  readonly message: string | undefined
  readonly why: Why | undefined
  /** Of one that is being scanned: how far that is, and what somebody may say of it now. */
  readonly scan: (Omit<ScanUnderWay, 'sources'> & { readonly words: readonly ScanWord[] }) | undefined
  /** It has left once at least: the service may have it, whatever is known here. */
  readonly hasLeft: boolean
  /** Of one that was handed to be printed: what has become of that; undefined: it is not known any more. */
  readonly job: Pick<JobView, 'state' | 'pages' | 'reason'> | undefined
}

/** The word that makes one touch one, whatever a browser repeats. */
type Touch = string

export interface PullOfDevice {
  readonly services: readonly {
    readonly id: string
    readonly title: string
    readonly kinds: readonly { readonly kind: KeptPull['kind']; readonly touch: Touch }[]
  }[]
  /** For a scan there is no scanner. */
  readonly lacksScanner: boolean
  /** What is under way, and what ended lately and nobody has waved away; the newest first. */
  readonly pulls: readonly PullView[]
  readonly contents: readonly (KeptContent & { readonly print: Touch | undefined })[]
}

export interface PullViewNeeds {
  store: PullStore
  services: readonly PullService[]
  printing: Printing | undefined
  scanner: Scanner | undefined
  jobs: Pick<Jobs, 'find'>
  clock: Pick<Clock, 'wallNow'>
  random: Random
}

const mostEnded = 6
const shownMs = 24 * 3_600_000

export function createPullView({ store, services, printing, scanner, jobs, clock, random }: PullViewNeeds) {
  /** By what is touched: the word is the ID of the pull that will be, and another one once it is. */
  const touches = new Map<string, Touch>()

  function touchFor(what: string): Touch {
    const known = touches.get(what)
    if (known !== undefined) return known
    const made = random.token(16)
    touches.set(what, made)
    return made
  }

  function viewOf(pull: KeptPull): PullView {
    const { id, kind, title, state, atMs, changedAtMs, begun, to, message, why } = pull
    const { hasLeft = false } = pull
    const job = state === 'handed' ? jobs.find(ownJobId(id)) : undefined
    const isOver = !isOpen(pull)
    return {
      id,
      kind,
      title,
      state,
      isOver,
      atMs,
      changedAtMs,
      name: begun?.name,
      to,
      message,
      why,
      scan: state === 'scanning' ? scanOf(pull) : undefined,
      hasLeft,
      job,
    }
  }

  function kindsOf({ id, download }: PullService) {
    const kinds =
      download === undefined ? (['send'] as const) : printing ? (['print', 'keep'] as const) : (['keep'] as const)
    return kinds.map((kind) => ({ kind, touch: touchFor(`${id} ${kind}`) }))
  }

  function isShown(pull: KeptPull): boolean {
    if (isOpen(pull)) return true
    if (pull.isSeen || clock.wallNow() - pull.changedAtMs > shownMs) return false
    // While it is printed it stands among the other documents; what is kept stands among what is kept.
    const job = pull.state === 'handed' ? jobs.find(ownJobId(pull.id)) : undefined
    return pull.state !== 'kept' && !(job && isUnderWay(job))
  }

  /** What is under way is never hidden: it may be given up. */
  function shown(): KeptPull[] {
    const all = store.all().filter(isShown).reverse()
    const ended = new Set(all.filter((pull) => !isOpen(pull)).slice(0, mostEnded))
    return all.filter((pull) => isOpen(pull) || ended.has(pull))
  }

  return {
    /** @returns the ID of the pull that this touch makes; undefined: it has been made, or the page is an old one */
    pullOf(what: string, touch: string): string | undefined {
      if (touches.get(what) !== touch) return undefined
      touches.delete(what)
      return touch
    },
    find(id: string): PullView | undefined {
      const pull = store.find(id)
      return pull && viewOf(pull)
    },
    all: (): PullOfDevice => ({
      services: services.map((service) => ({ id: service.id, title: service.title, kinds: kindsOf(service) })),
      lacksScanner: scanner === undefined && services.some(({ upload }) => upload !== undefined),
      pulls: shown().map(viewOf),
      contents: store.contents().map((content) => ({
        ...content,
        print: printing ? touchFor(`content ${content.id}`) : undefined,
      })),
    }),
  }
}

function scanOf({ scan = noScanYet }: KeptPull): PullView['scan'] {
  const { sources: _, ...shown } = scan
  return { ...shown, words: wordsToSay(scan) }
}

function isUnderWay({ state }: JobView): boolean {
  return state === 'fetched' || state === 'executing'
}
