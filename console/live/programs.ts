/** Programs as they are known here: all of them, looked at again while somebody looks, since a run makes no event. */
import type { Program, ProgramLaunch } from '@fairlead/protocol/contract'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { relay } from '../relay.ts'
import { allOf } from './all-of.ts'

const lookAgainMs = 5_000

export interface Programs {
  /** By account and ID; undefined: not read yet. */
  items: readonly Program[] | undefined
  error: unknown
  reload(): void
}

/** An account has fifty at most. */
export function usePrograms(): Programs {
  const [items, setItems] = useState<readonly Program[]>()
  const [error, setError] = useState<unknown>()
  const read = useCallback(async () => {
    try {
      setItems(await allOf(relay.programs.list))
      setError(undefined)
    } catch (thrown) {
      setError(thrown)
    }
  }, [])
  useAgain(read)
  return { items, error, reload: () => void read() }
}

export interface Launches {
  /** The newest first; undefined: not read yet. */
  items: readonly ProgramLaunch[] | undefined
  error: unknown
  hasMore: boolean
  readMore(): void
}

const pageSize = 50

export function useLaunches({ program, account }: Pick<Program, 'program' | 'account'>): Launches {
  const [items, setItems] = useState<readonly ProgramLaunch[]>()
  const [hasMore, setMore] = useState(false)
  const [wanted, setWanted] = useState(pageSize)
  const [error, setError] = useState<unknown>()
  const read = useCallback(async () => {
    try {
      const page = await relay.programs.launches(program, { account, limit: Math.min(wanted, 500) })
      setItems(page.items)
      setMore(page.nextCursor !== null && wanted < 500)
      setError(undefined)
    } catch (thrown) {
      setError(thrown)
    }
  }, [program, account, wanted])
  useAgain(read)
  return { items, error, hasMore, readMore: () => setWanted(wanted + pageSize) }
}

/** At once, and again while the page is in front of somebody. */
function useAgain(read: () => Promise<void>): void {
  useEffect(() => {
    void read()
    const timer = setInterval(() => {
      if (!document.hidden) void read()
    }, lookAgainMs)
    return () => clearInterval(timer)
  }, [read])
}
