/** What happened in a simulated hour: always a hash of it, and in full for the seed that is looked at. */

export interface Happening {
  atMs: number
  who: string
  what: string
  detail: string | number | undefined
}

export interface History {
  tell(who: string, what: string, detail?: string | number): void
  readonly hash: string
  /** Empty unless recorded. */
  readonly happenings: readonly Happening[]
}

export function createHistory(now: () => number, isRecorded: boolean): History {
  const happenings: Happening[] = []
  let one = 0x811c9dc5
  let other = 0x9e3779b9

  function mix(value: number): void {
    one = Math.imul(one ^ value, 0x01000193)
    other = Math.imul(other ^ (value + (one >>> 15)), 0x85ebca6b)
  }

  /** Its length and a few of its letters: enough to tell two hours apart, and next to nothing to pay. */
  function mixText(text: string): void {
    const { length } = text
    mix(length)
    mix(text.charCodeAt(length - 1) | (text.charCodeAt(length >> 1) << 8) | (text.charCodeAt(length >> 2) << 16))
  }

  return {
    tell(who, what, detail) {
      const atMs = now()
      mix(Math.floor(atMs * 16))
      mixText(who)
      mixText(what)
      if (typeof detail === 'number') mix(detail)
      else if (detail !== undefined) mixText(detail)
      if (isRecorded) happenings.push({ atMs, who, what, detail })
    },
    get hash() {
      return `${(one >>> 0).toString(16).padStart(8, '0')}${(other >>> 0).toString(16).padStart(8, '0')}`
    },
    happenings,
  }
}

/** The last `most` things that happened, a line each, with the virtual time since the beginning. */
export function renderHistory(happenings: readonly Happening[], most: number): string {
  const startMs = happenings[0]?.atMs ?? 0
  const dropped = Math.max(0, happenings.length - most)
  const lines = happenings.slice(dropped).map(({ atMs, who, what, detail }) => {
    const time = clockOf(atMs - startMs)
    return `${time}  ${who.padEnd(14)} ${what}${detail === undefined ? '' : `  ${shorten(String(detail))}`}`
  })
  if (dropped > 0) lines.unshift(`… ${dropped} things before this`)
  return lines.join('\n')
}

function clockOf(ms: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${two(ms / 60_000)}:${two((ms / 1000) % 60)}.${String(Math.floor(ms % 1000)).padStart(3, '0')}`
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 400 ? `${line.slice(0, 400)}…` : line
}
