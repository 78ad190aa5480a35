/** Which devices of the list are chosen: one by one, from here to there, or all that fit. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Filter } from '../../live/search.ts'
import { useEvents } from '../../live/stream.ts'
import { relay } from '../../relay.ts'

export interface Selection {
  chosen: ReadonlySet<string>
  /** @param isRange from the one before to this one */
  toggle(id: string, isRange: boolean): void
  clear(): void
  /** All that fit at the relay, whether they have been read or not. */
  chooseAll(): Promise<void>
}

const none: ReadonlySet<string> = new Set()

/** @param key of the search: another one has other devices */
export function useSelection(key: string, filter: Filter, ids: readonly string[] | undefined): Selection {
  const [chosen, setChosen] = useState(none)
  const last = useRef<string | undefined>(undefined)
  const current = useRef(key)
  current.current = key
  const clear = () => {
    setChosen(none)
    last.current = undefined
  }
  useEffect(clear, [key])
  useEvents(({ type, data }) => {
    if (type === 'device.removed') setChosen((before) => without(before, data.device))
  })

  function between(from: string, to: string): readonly string[] {
    const [one, other] = [ids?.indexOf(from) ?? -1, ids?.indexOf(to) ?? -1]
    return one < 0 || other < 0 ? [to] : (ids ?? []).slice(Math.min(one, other), Math.max(one, other) + 1)
  }

  return {
    chosen,
    clear,
    toggle(id, isRange) {
      const isAdded = !chosen.has(id)
      const next = new Set(chosen)
      for (const one of isRange && last.current !== undefined ? between(last.current, id) : [id])
        if (isAdded) next.add(one)
        else next.delete(one)
      last.current = id
      setChosen(next)
    },
    async chooseAll() {
      const all = await Array.fromAsync(relay.devices.all(filter), ({ id }) => id)
      // They may have searched for something else meanwhile.
      if (current.current === key) setChosen(new Set(all))
    },
  }
}

/** The same set where there is nothing to take out: nothing is drawn anew. */
function without(chosen: ReadonlySet<string>, id: string | undefined): ReadonlySet<string> {
  if (id === undefined || !chosen.has(id)) return chosen
  const rest = new Set(chosen)
  rest.delete(id)
  return rest
}
