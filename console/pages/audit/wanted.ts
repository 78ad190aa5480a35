/** Which entries of the audit log are to be seen, as the address says it. */
import type { AuditAction } from '@fairlead/protocol/contract'
import type { AuditWords } from '../../messages/audit.ts'

/** What an address says; what makes no sense in it counts as left out. */
export interface Wanted {
  device?: string
  actor?: string
  action?: AuditAction
  from?: string
  to?: string
}

export function readWanted(query: URLSearchParams, words: AuditWords): Wanted {
  const text = (name: string, form: RegExp) => {
    const value = query.get(name)?.trim()
    return value && form.test(value) ? { [name]: value } : {}
  }
  const time = (name: string) => {
    const ms = Date.parse(query.get(name) ?? '')
    return Number.isNaN(ms) ? {} : { [name]: new Date(ms).toISOString() }
  }
  const action = query.get('action') ?? ''
  return {
    ...text('device', /^[a-z0-9._-]{1,64}$/),
    ...text('actor', /^(admin|key|user|device|relay|nobody)(:.{1,128})?$/),
    ...(Object.hasOwn(words.sentences, action) && { action: action as AuditAction }),
    ...time('from'),
    ...time('to'),
  }
}
