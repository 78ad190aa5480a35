/** The search of the fleet: completes what is typed (ARIA combobox pattern), and says what of it is not understood. */
import { useEffect, useId, useReducer, useRef, useState } from 'preact/hooks'
import { useKeys } from '../../help.tsx'
import { useSay } from '../../language.ts'
import { type Completion, complete, completed } from '../../live/completion.ts'
import type { Misunderstood } from '../../live/search.ts'
import { readWords, words } from '../../live/words.ts'
import { Icon } from '../../parts/icons.tsx'
import { useStore } from '../../store.ts'

/** A search begins when one has stopped typing for so long. */
const typingMs = 200
const maxLength = 512

interface SearchBoxProps {
  text: string
  misunderstood: readonly Misunderstood[]
  search(text: string): void
}

export function SearchBox({ text, misunderstood, search }: SearchBoxProps) {
  const say = useSay()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(text)
  // Keys may come faster than what they change is drawn.
  const latest = useRef(text)
  const sent = useRef(text)
  const write = (next: string) => {
    latest.current = next
    setTyped(next)
  }
  const send = () => {
    sent.current = latest.current
    search(latest.current)
  }
  useEffect(() => {
    // What comes back is what was sent from here; meanwhile one may have gone on typing.
    if (text !== sent.current) write(text)
    sent.current = text
  }, [text])
  useEffect(() => {
    if (typed === text) return
    const later = setTimeout(send, typingMs)
    return () => clearTimeout(later)
  }, [typed])
  useKeys({
    '/': (event) => {
      event.preventDefault()
      input.current?.select()
    },
  })
  const list = useCompletions(() => latest.current, write)

  function press(event: KeyboardEvent): void {
    if (list.press(event.key)) event.preventDefault()
    else if (event.key === 'Escape') input.current?.blur()
    else if (event.key === 'Enter') send()
  }

  return (
    <search class="search has-key">
      <Icon name="search" />
      <input
        ref={input}
        type="text"
        inputMode="search"
        role="combobox"
        aria-label={say.fleet.search}
        aria-expanded={list.isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        {...(list.at !== undefined && { 'aria-activedescendant': `${id}-${list.at}` })}
        {...(misunderstood.length > 0 && { 'aria-describedby': `${id}-not` })}
        placeholder={say.fleet.searchHint}
        value={typed}
        maxLength={maxLength}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onFocus={() => void readWords()}
        onBlur={list.close}
        onInput={({ currentTarget }) => {
          write(currentTarget.value)
          list.open()
        }}
        onKeyDown={press}
      />
      <Options id={id} list={list} />
      <span class="hidden" role="status">
        {list.isOpen ? say.search.offers(list.offers.length) : ''}
      </span>
      {misunderstood.length > 0 && (
        <div class="misunderstood" id={`${id}-not`} role="status">
          {misunderstood.map(({ text: told, why }) => (
            <p key={told}>
              <code>{told}</code> {say.search.why[why]}
            </p>
          ))}
        </div>
      )}
    </search>
  )
}

interface Completions {
  isOpen: boolean
  offers: readonly Completion[]
  /** Which one is chosen by the keys. */
  at: number | undefined
  open(): void
  close(): void
  take(at: number): void
  /** @returns whether the key meant the list */
  press(key: string): boolean
}

function useCompletions(textNow: () => string, write: (text: string) => void): Completions {
  useStore(words)
  const [, redraw] = useReducer((turn: number) => turn + 1, 0)
  const state = useRef<{ isWanted: boolean; at: number | undefined }>({ isWanted: false, at: undefined })
  const set = (isWanted: boolean, at?: number) => {
    state.current = { isWanted, at }
    redraw(undefined as never)
  }
  const offersNow = () => (state.current.isWanted ? complete(textNow(), words.get()) : [])
  const chosenNow = () => {
    const { at } = state.current
    return at !== undefined && at < offersNow().length ? at : undefined
  }
  const take = (at: number) => {
    const offer = offersNow()[at]
    if (!offer) return
    write(completed(textNow(), offer))
    // A whole word: what comes next is another one.
    set(!offer.insert.endsWith(' '))
  }
  const move = (by: number) => {
    const before = chosenNow() ?? (by > 0 ? -1 : 0)
    state.current.isWanted = true
    const { length } = offersNow()
    set(true, length === 0 ? undefined : (before + by + length) % length)
  }
  const offers = offersNow()
  return {
    isOpen: offers.length > 0,
    offers,
    at: chosenNow(),
    open: () => set(true),
    close: () => set(false),
    take,
    press(key) {
      const chosen = chosenNow()
      if (key === 'ArrowDown' || key === 'ArrowUp') move(key === 'ArrowDown' ? 1 : -1)
      else if ((key === 'Enter' || key === 'Tab') && chosen !== undefined) take(chosen)
      else if (key === 'Escape' && offersNow().length > 0) set(false)
      else {
        if (key === 'Enter') set(false)
        return false
      }
      return true
    },
  }
}

/** Always there, so that what it is the list of can name it. */
function Options({ id, list }: { id: string; list: Completions }) {
  const say = useSay()
  return (
    <div class="completions" id={`${id}-list`} role="listbox" aria-label={say.search.completions} hidden={!list.isOpen}>
      {list.offers.map(({ insert, kind }, at) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the input
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input (ARIA combobox pattern)
        <div
          key={insert}
          id={`${id}-${at}`}
          role="option"
          aria-selected={at === list.at}
          // A press would take the focus from the input, and close the list before it is done.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => list.take(at)}
        >
          <code>{insert.trim()}</code>
          <span class="sub">{say.search.kinds[kind]}</span>
        </div>
      ))}
    </div>
  )
}
