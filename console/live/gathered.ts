/** What is wished several times within a moment is done once, at its end. */
import { useEffect, useRef } from 'preact/hooks'

/** @returns wishes it; done within `ms`, however many wishes follow */
export function useGathered(run: () => void, ms: number): () => void {
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const latest = useRef(run)
  latest.current = run
  useEffect(
    () => () => {
      clearTimeout(waiting.current)
      waiting.current = undefined
    },
    [],
  )
  return () => {
    waiting.current ??= setTimeout(() => {
      waiting.current = undefined
      latest.current()
    }, ms)
  }
}
