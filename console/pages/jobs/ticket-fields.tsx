/** How a document is to be printed: only what the device has can be chosen. */
import type { PrintAbilities, PrintTicket } from '@fairlead/protocol/contract'
import { rangesForm, rangesOf } from '@fairlead/protocol/page-ranges'
import { useSay } from '../../messages/for-jobs.ts'
import { Field, Select } from '../../parts/forms.tsx'
import { mediaInWords } from './words.ts'

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

export function TicketFields({ abilities, ticket, changed }: TicketFieldsProps) {
  const { jobs } = useSay()
  const edit = (change: Partial<TypedTicket>) => changed({ ...ticket, ...change })
  const { media = [], mediaDefault, sides = [], colors = [], qualities = [], takesPageRanges } = abilities ?? {}
  const choice = (name: keyof TypedTicket & keyof typeof jobs, has: readonly string[], words: Words, usual?: string) =>
    has.length > 1 && (
      <Select
        label={String(jobs[name])}
        value={ticket[name]}
        choices={[
          { value: '', label: usual === undefined ? jobs.asDevice : jobs.asDeviceHas(usual) },
          ...has.map((value) => ({ value, label: words(value) })),
        ]}
        changed={(value) => edit({ [name]: value })}
      />
    )
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
          hint={arePagesRight(ticket.pages) ? <Hint words={jobs.pagesMean} /> : <Hint words={jobs.badPages} isWrong />}
          maxLength={255}
          isVerbatim
        />
      )}
      {choice('media', media, mediaInWords, mediaDefault && mediaInWords(mediaDefault))}
      {choice('sides', sides, (value) => jobs.sidesOf[value] ?? value)}
      {choice('color', colors, (value) => jobs.colorOf[value] ?? value)}
      {choice('quality', qualities, (value) => jobs.qualityOf[value] ?? value)}
    </div>
  )
}

type Words = (value: string) => string

function Hint({ words, isWrong = false }: { words: string; isWrong?: boolean }) {
  return <span class={isWrong ? 'is-wrong' : ''}>{words}</span>
}
