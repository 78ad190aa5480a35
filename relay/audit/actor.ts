/** Who did it, as the audit log names them. */
import type { AuditActor } from '@fairlead/protocol/contract'
import type { Caller } from '../http/route.ts'

/** What the relay does of its own accord, or by its options. */
export const theRelay: AuditActor = { kind: 'relay' }

export function actorOf(caller: Caller): AuditActor {
  switch (caller.kind) {
    case 'admin':
      return { kind: 'admin' }
    case 'key':
      return { kind: 'key', id: caller.keyId }
    case 'user':
      return { kind: 'user', id: caller.userId }
    case 'device':
      return { kind: 'device', id: caller.device }
    case 'nobody':
      throw new Error('Nobody may do what the audit log tells of.')
  }
}
