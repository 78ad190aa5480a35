/** The names of those whose IDs stand in the audit log, or in the reasons of an order, as far as they are still here. */
import { useEffect, useState } from 'preact/hooks'
import { relay } from '../relay.ts'
import { allOf } from './all-of.ts'

export interface Names {
  users: ReadonlyMap<string, string>
  keys: ReadonlyMap<string, string>
}

/** Until they are read, and where they cannot be, IDs stand for themselves. */
const none: Names = { users: new Map(), keys: new Map() }

export function useNames(mayRead: boolean): Names {
  const [names, setNames] = useState(none)
  useEffect(() => {
    if (!mayRead) return
    Promise.all([allOf(relay.users.list), allOf(relay.keys.list)]).then(
      ([users, keys]) =>
        setNames({
          users: new Map(users.map(({ userId, name }) => [userId, name])),
          keys: new Map(keys.flatMap(({ keyId, name }) => (name === null ? [] : [[keyId, name]]))),
        }),
      // The list beside them fails for the same reason, and says so.
      () => {},
    )
  }, [mayRead])
  return names
}
