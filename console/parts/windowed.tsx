/** A list of which only those rows are drawn that can be seen: ten thousand of them cost as much as twenty. */
import type { ComponentChildren, RefObject } from 'preact'
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface WindowedProps {
  label: string
  ids: readonly string[]
  /** In CSS pixels; each row has this height. */
  rowHeight: number
  /** The last row that is drawn is this near to the end, in rows, when more is read. */
  hasMore: boolean
  readMore(): void
  row(id: string): ComponentChildren
  /** Filled with what moves the list from outside. */
  handle: RefObject<WindowedHandle | null>
}

export interface WindowedHandle {
  /** Keeps what is seen where it is, when a row comes in above it. */
  inserted(at: number): void
  /** Brings a row into view and focuses its link. */
  focus(at: number): void
  /** Of the row whose link has the focus, or else the first that is seen. */
  current(): { at: number; isFocused: boolean }
}

/** Drawn beyond each edge, so that a quick flick shows no gaps. */
const spare = 8

export function Windowed({ label, ids, rowHeight, hasMore, readMore, row, handle }: WindowedProps) {
  const scroller = useRef<HTMLElement>(null)
  const [range, setRange] = useState({ from: 0, to: 30 })
  const focusNext = useRef<number | undefined>(undefined)

  const look = useCallback(() => {
    const box = scroller.current
    if (!box) return
    const from = Math.max(0, Math.floor(box.scrollTop / rowHeight) - spare)
    const to = Math.ceil((box.scrollTop + box.clientHeight) / rowHeight) + spare
    setRange((before) => (before.from === from && before.to === to ? before : { from, to }))
  }, [rowHeight])

  useLayoutEffect(() => {
    look()
    const box = scroller.current
    if (!box) return
    const observer = new ResizeObserver(look)
    observer.observe(box)
    return () => observer.disconnect()
  }, [look])

  useLayoutEffect(() => {
    if (hasMore && range.to > ids.length - 2 * spare) readMore()
  }, [range, ids, hasMore])

  const linkOf = (at: number) => scroller.current?.querySelector<HTMLElement>(`[data-at="${at}"] a`)

  useLayoutEffect(() => {
    const at = focusNext.current
    if (at === undefined) return
    const link = linkOf(at)
    if (!link) return
    focusNext.current = undefined
    link.focus({ preventScroll: true })
  })

  handle.current = {
    inserted(at) {
      const box = scroller.current
      if (box && box.scrollTop > 0 && at * rowHeight <= box.scrollTop) box.scrollTop += rowHeight
    },
    focus(at) {
      const box = scroller.current
      if (!box || at < 0 || at >= ids.length) return
      if (at * rowHeight < box.scrollTop) box.scrollTop = at * rowHeight
      else if ((at + 1) * rowHeight > box.scrollTop + box.clientHeight)
        box.scrollTop = (at + 1) * rowHeight - box.clientHeight
      focusNext.current = at
      look()
      linkOf(at)?.focus({ preventScroll: true })
    },
    current() {
      const focused = document.activeElement?.closest<HTMLElement>('[data-at]')
      if (focused && scroller.current?.contains(focused)) return { at: Number(focused.dataset['at']), isFocused: true }
      return { at: Math.ceil((scroller.current?.scrollTop ?? 0) / rowHeight), isFocused: false }
    },
  }

  const from = Math.min(range.from, ids.length)
  const shown = ids.slice(from, range.to)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <section class="windowed" ref={scroller} onScroll={look} tabIndex={0} aria-label={label}>
      <ul style={{ height: `${ids.length * rowHeight}px` }}>
        {shown.map((id, index) => (
          <li
            key={id}
            data-at={from + index}
            aria-setsize={ids.length}
            aria-posinset={from + index + 1}
            style={{ transform: `translateY(${(from + index) * rowHeight}px)`, height: `${rowHeight}px` }}
          >
            {row(id)}
          </li>
        ))}
      </ul>
    </section>
  )
}
