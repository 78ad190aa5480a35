/** What the doctor finds: one finding a question, in words for people and facts for programs. */

export type Check = 'proxy' | 'name' | 'connection' | 'certificate' | 'relay' | 'clock' | 'buffering' | 'hold'

export interface Finding {
  check: Check
  /** `unknown`: could not be asked, because something before it stands in the way. Never taken for `ok`. */
  state: 'ok' | 'trouble' | 'unknown'
  /** One sentence or two: what is so. */
  says: string
  /** What to do about it. */
  todo?: string
  facts?: Record<string, string | number | boolean | readonly string[]>
}

export function ok(check: Check, says: string, facts?: Finding['facts']): Finding {
  return { check, state: 'ok', says, ...(facts && { facts }) }
}

export function trouble(check: Check, says: string, todo: string, facts?: Finding['facts']): Finding {
  return { check, state: 'trouble', says, todo, ...(facts && { facts }) }
}

export function unknown(check: Check, says: string): Finding {
  return { check, state: 'unknown', says }
}
