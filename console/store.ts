/** A value that changes, and who wants to be told: what all that is shown stands on. */
import { useLayoutEffect, useReducer, useRef } from 'preact/hooks'

export interface Store<State> {
  get(): State
  set(next: State): void
  /** @returns stops telling */
  subscribe(told: () => void): () => void
}

export function createStore<State>(first: State): Store<State> {
  let state = first
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    set(next) {
      if (Object.is(next, state)) return
      state = next
      for (const told of [...listeners]) told()
    },
    subscribe(told) {
      listeners.add(told)
      return () => void listeners.delete(told)
    },
  }
}

/** Drawn anew only when what is picked from the store is another value. */
export function useStore<State, Picked = State>(
  store: Pick<Store<State>, 'get' | 'subscribe'>,
  pick: (state: State) => Picked = (state) => state as unknown as Picked,
): Picked {
  const [, redraw] = useReducer((turn: number) => turn + 1, 0)
  const picked = pick(store.get())
  const shown = useRef({ pick, picked })
  shown.current = { pick, picked }
  useLayoutEffect(() => {
    const look = () => {
      const { pick: how, picked: before } = shown.current
      if (!Object.is(how(store.get()), before)) redraw(undefined as never)
    }
    // It may have changed between drawing and listening.
    look()
    return store.subscribe(look)
  }, [store])
  return picked
}
