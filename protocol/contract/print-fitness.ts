/** Whether a device can do what a job asks, by what it told of itself: asked where the job is made, at the relay, and again before it goes (E1). */
import type { PrintAbilities, PrintTicket } from './print.ts'

/** @returns one sentence: why it takes no such document; undefined: it does, or it is not known */
export function whyNotFormat(abilities: PrintAbilities | undefined, format: string): string | undefined {
  if (!abilities || abilities.formats.length === 0 || abilities.formats.includes(format)) return undefined
  return `The device takes no ${format}; it takes ${abilities.formats.slice(0, 12).join(', ')}.`
}

/** @returns one sentence: what it cannot do of this; undefined: it can do all, or it is not known */
export function whyNotTicket(abilities: PrintAbilities | undefined, ticket: PrintTicket): string | undefined {
  if (!abilities) return undefined
  const { media, sides, colors, qualities, mostCopies, takesPageRanges } = abilities
  const lacks = (had: readonly string[] | undefined, wanted: string | undefined) =>
    wanted !== undefined && had !== undefined && had.length > 0 && !had.includes(wanted)
  if (lacks(media, ticket.media)) return `The device has no ${ticket.media}; it has ${listed(media)}.`
  if (lacks(sides, ticket.sides)) return `The device prints ${listed(sides)} only, not ${ticket.sides}.`
  if (ticket.color !== 'auto' && lacks(colors, ticket.color)) return `The device prints no ${ticket.color}.`
  if (lacks(qualities, ticket.quality))
    return `The device has no quality ${ticket.quality}; it has ${listed(qualities)}.`
  if (mostCopies !== undefined && (ticket.copies ?? 1) > mostCopies)
    return `The device makes at most ${mostCopies} copies at once.`
  if (takesPageRanges === false && ticket.pages !== undefined) return 'The device prints whole documents only.'
  return undefined
}

/** What is left of a ticket when whoever sends it wants it printed as the device can: with its default in the place of what it lacks. */
export function ticketThatFits(abilities: PrintAbilities | undefined, ticket: PrintTicket): PrintTicket {
  const { copies, ...rest } = ticket
  const kept = Object.entries(rest).filter(([name, value]) => whyNotTicket(abilities, { [name]: value }) === undefined)
  const most = Math.min(copies ?? 1, abilities?.mostCopies ?? Number.POSITIVE_INFINITY)
  return { ...Object.fromEntries(kept), ...(copies !== undefined && { copies: most }) }
}

const listed = (words: readonly string[] | undefined) => (words ?? []).slice(0, 12).join(', ')
