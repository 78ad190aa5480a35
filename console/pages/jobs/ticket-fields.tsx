/** How a document is to be printed: only what the device has can be chosen. */
import type { PrintAbilities, PrintTicket } from '@fairlead/protocol/contract'
import { rangesForm, rangesOf } from '@fairlead/protocol/page-ranges'
import { useSay } from '../../messages/for-jobs.ts'
import { Field, Select } from '../../parts/forms.tsx'
import { mediaInWords, mediaName } from './words.ts'

/** As typed; empty: as the printer has it. */
interface TypedTicket {
  copies: string
  media: string
  sides: string
  color: string
  quality: string
  pages: string
}

export const firstTicket: TypedTicket = { copies: '1', media: '', sides: '', color: '', quality: '', pages: '' }
const mostCopies = 999

function arePagesRight(pages: string): boolean {
  const text = pages.replaceAll(' ', '')
  return text === '' || (rangesForm.test(text) && rangesOf(text) !== undefined)
}

const mostOf = (abilities: PrintAbilities | undefined) => Math.min(mostCopies, abilities?.mostCopies ?? mostCopies)

function copiesOf({ copies }: TypedTicket, abilities: PrintAbilities | undefined): number | undefined {
  const number = Number(copies)
  return Number.isInteger(number) && number >= 1 && number <= mostOf(abilities) ? number : undefined
}

export function isTicketRight(typed: TypedTicket, abilities: PrintAbilities | undefined): boolean {
  return copiesOf(typed, abilities) !== undefined && arePagesRight(typed.pages)
}

export function ticketOf(typed: TypedTicket, abilities: PrintAbilities | undefined): PrintTicket {
  const copies = copiesOf(typed, abilities)
  const { copies: _, pages, ...words } = typed
  const said = Object.entries({ ...words, pages: pages.replaceAll(' ', '') }).filter(([, value]) => value !== '')
  return { ...Object.fromEntries(said), ...(copies !== undefined && copies > 1 && { copies }) }
}

interface TicketFieldsProps {
  /** undefined: not known; then only what every printer has is asked. */
  abilities: PrintAbilities | undefined
  ticket: TypedTicket
  changed(ticket: TypedTicket): void
}

/** What is asked for most. */
export function TicketFields({ abilities, ticket, changed }: TicketFieldsProps) {
  const { jobs } = useSay()
  const edit = (change: Partial<TypedTicket>) => changed({ ...ticket, ...change })
  const { sides = [], colors = [], takesPageRanges } = abilities ?? {}
  const arePages = arePagesRight(ticket.pages)
  return (
    <div class="ticket">
      <Field
        label={jobs.copies}
        value={ticket.copies}
        changed={(copies) => edit({ copies })}
        hint={<Hint words={jobs.mostCopies(mostOf(abilities))} isWrong={copiesOf(ticket, abilities) === undefined} />}
        inputMode="numeric"
        maxLength={3}
      />
      {takesPageRanges !== false && (
        <Field
          label={jobs.pageRanges}
          value={ticket.pages}
          changed={(pages) => edit({ pages })}
          hint={<Hint words={arePages ? jobs.pagesMean : jobs.badPages} isWrong={!arePages} />}
          maxLength={255}
          isVerbatim
        />
      )}
      <Choice
        {...{ label: jobs.sides, has: sides, chosen: ticket.sides, usual: undefined }}
        words={(value) => jobs.sidesOf[value] ?? value}
        changed={(value) => edit({ sides: value })}
      />
      <Choice
        {...{ label: jobs.color, has: colors, chosen: ticket.color, usual: undefined }}
        words={(value) => jobs.colorOf[value] ?? value}
        changed={(value) => edit({ color: value })}
      />
    </div>
  )
}

/** What is left as it is, mostly. */
export function RareTicketFields({ abilities, ticket, changed }: TicketFieldsProps) {
  const { jobs } = useSay()
  const { media = [], mediaDefault, qualities = [] } = abilities ?? {}
  return (
    <>
      <Choice
        {...{ label: jobs.media, has: media, chosen: ticket.media, usual: mediaDefault && mediaName(mediaDefault) }}
        words={mediaInWords}
        changed={(value) => changed({ ...ticket, media: value })}
      />
      <Choice
        {...{ label: jobs.quality, has: qualities, chosen: ticket.quality, usual: undefined }}
        words={(value) => jobs.qualityOf[value] ?? value}
        changed={(value) => changed({ ...ticket, quality: value })}
      />
    </>
  )
}

interface ChoiceProps {
  label: string
  has: readonly string[]
  chosen: string
  /** What the device takes when nothing is said, as far as it has told. */
  usual: string | undefined
  words(value: string): string
  changed(value: string): void
}

/** Nothing, where there is nothing to choose. */
function Choice({ label, has, chosen, usual, words, changed }: ChoiceProps) {
  const { jobs } = useSay()
  if (has.length < 2) return null
  const asItIs = { value: '', label: usual === undefined ? jobs.asDevice : jobs.asDeviceHas(usual) }
  const choices = [asItIs, ...has.map((value) => ({ value, label: words(value) }))]
  return <Select label={label} value={chosen} choices={choices} changed={changed} />
}

function Hint({ words, isWrong = false }: { words: string; isWrong?: boolean }) {
  return <span class={isWrong ? 'is-wrong' : ''}>{words}</span>
}
