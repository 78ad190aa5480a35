/** What a print client asks of a job, and what of it the device can do. */
import { type NewJobQuery, PrintTicket, usualWaitSeconds } from '@fairlead/protocol/contract'
import { findAll, findOne, type IppAttributes, type IppValue, ipp } from '@fairlead/protocol/ipp'
import { type CanDo, qualityEnums } from './can-do.ts'
import { nameOfCollection } from './media.ts'
import { IppRefusal } from './refusal.ts'

export interface Ticket {
  query: NewJobQuery
  /** What is not done as it was asked: the values, or that the attribute is not known. */
  unsupported: IppAttributes
}

type Asked = Pick<
  NewJobQuery,
  'copies' | 'media' | 'sides' | 'color' | 'quality' | 'pages' | 'hold' | 'priority' | 'release'
>

/** What the device can do, and what this job can. */
type Can = CanDo & {
  /** It may be held from its beginning. */
  canHold: boolean
  /** It has an owner, for whom it can wait at the device. */
  canWait: boolean
}

/** PWG 5100.11: who releases the job at the device. */
export const releaseActions = ['none', 'owner-authorized'] as const

/** What it makes of an attribute; undefined: it cannot be done. */
type Reader = (attributes: IppAttributes, name: string, can: Can) => Partial<Asked> | undefined

/** Each attribute that changes what comes out. Source: RFC 8011 §5.2, PWG 5100.7 (media-col), PWG 5100.13 (print-color-mode). */
const readers: { readonly [name: string]: Reader } = {
  copies(attributes, name, can) {
    const copies = findOne(attributes, name, 'integer') ?? 0
    return copies >= 1 && copies <= can.mostCopies ? { copies } : undefined
  },
  media(attributes, name, can) {
    const media = findOne(attributes, name, 'keyword', 'name')
    return media !== undefined && can.media.includes(media) ? { media } : undefined
  },
  'media-col'(attributes, name, can) {
    const collection = findOne(attributes, name, 'collection')
    const media = collection && nameOfCollection(collection, can.media)
    return media === undefined ? undefined : { media }
  },
  sides(attributes, name, can) {
    const { data } = PrintTicket.shape.sides.safeParse(findOne(attributes, name, 'keyword'))
    return data !== undefined && can.sides.includes(data) ? { sides: data } : undefined
  },
  'print-color-mode'(attributes, name, can) {
    const { data } = PrintTicket.shape.color.safeParse(findOne(attributes, name, 'keyword'))
    return data !== undefined && can.colors.includes(data) ? { color: data } : undefined
  },
  'print-quality'(attributes, name, can) {
    const code = findOne(attributes, name, 'enum')
    const quality = can.qualities.find((each) => qualityEnums[each] === code)
    return quality === undefined ? undefined : { quality }
  },
  'page-ranges'(attributes, name, can) {
    const ranges = findAll(attributes, name, 'rangeOfInteger') ?? []
    const text = ranges.map(({ lower, upper }) => `${lower}-${Math.min(upper, 999_999)}`).join(',')
    return can.takesPageRanges && PrintTicket.shape.pages.safeParse(text).success ? { pages: text } : undefined
  },
  'job-hold-until'(attributes, name, { canHold }) {
    const until = findOne(attributes, name, 'keyword', 'name')
    if (until === 'no-hold') return { hold: false }
    return until === 'indefinite' && canHold ? { hold: true } : undefined
  },
  'job-release-action'(attributes, name, { canWait }) {
    const action = findOne(attributes, name, 'keyword')
    if (action === 'none') return { release: 'none' }
    return action === 'owner-authorized' && canWait ? { release: 'person' } : undefined
  },
  'job-priority'(attributes, name) {
    const priority = findOne(attributes, name, 'integer') ?? 0
    return priority >= 1 && priority <= 100 ? { priority } : undefined
  },
}

/** What can be asked for as it is done anyhow. */
export const fixed: { readonly [name: string]: IppValue } = {
  finishings: { tag: 'enum', value: 3 },
  'job-sheets': { tag: 'keyword', value: 'none' },
  'multiple-document-handling': { tag: 'keyword', value: 'separate-documents-collated-copies' },
  'number-up': { tag: 'integer', value: 1 },
  'orientation-requested': { tag: 'enum', value: 3 },
  'output-bin': { tag: 'keyword', value: 'auto' },
  'print-content-optimize': { tag: 'keyword', value: 'auto' },
  'print-rendering-intent': { tag: 'keyword', value: 'auto' },
  'print-scaling': { tag: 'keyword', value: 'auto' },
}

/** Of nothing that they say does anything else come out. */
const harmless = new Set(['printer-resolution'])

export const jobAttributes: readonly string[] = [...Object.keys(readers), ...Object.keys(fixed), ...harmless]

/** @throws {IppRefusal} with `ipp-attribute-fidelity`, where not all can be done */
export function readTicket(operation: IppAttributes, job: IppAttributes, can: Can): Ticket {
  const asked: Partial<Asked> = {}
  const unsupported = new Map<string, readonly IppValue[]>()
  for (const [name, values] of job) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    const read = reader ? reader(job, name, can) : readFixed(name, values)
    if (read === undefined) unsupported.set(name, jobAttributes.includes(name) ? values : ipp.none('unsupported'))
    else Object.assign(asked, read)
  }
  if (unsupported.size > 0 && findOne(operation, 'ipp-attribute-fidelity', 'boolean'))
    throw new IppRefusal(
      'client-error-attributes-or-values-not-supported',
      'The printer cannot do all of it, and was told to do all or nothing.',
      unsupported,
    )
  return { query: queryOf(operation, asked), unsupported }
}

/** Nothing else comes out: so it is harmless, or it cannot be done. */
function readFixed(name: string, values: readonly IppValue[]): Partial<Asked> | undefined {
  const only = Object.hasOwn(fixed, name) ? fixed[name] : undefined
  if (harmless.has(name)) return {}
  return only !== undefined && values.every((value) => isSame(value, only)) ? {} : undefined
}

function queryOf(operation: IppAttributes, asked: Partial<Asked>): NewJobQuery {
  const named = findOne(operation, 'job-name', 'name') ?? findOne(operation, 'document-name', 'name') ?? ''
  const name = named.replace(/\p{Cc}+/gu, ' ').trim()
  return {
    deliverWithinSeconds: usualWaitSeconds,
    priority: 50,
    hold: false,
    ...(name !== '' && { name }),
    ...asked,
    // Whoever has to be there releases it there.
    ...(asked.release === 'person' && { hold: false }),
  }
}

function isSame(one: IppValue, other: IppValue): boolean {
  return one.tag === other.tag && 'value' in one && 'value' in other && one.value === other.value
}
