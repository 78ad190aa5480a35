/** What forms are made of: a field with its words, a button that says what it does, and what went wrong beside it. */
import type { ComponentChildren, RefObject } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { explain } from '../relay.ts'
import { Icon } from './icons.tsx'

interface FieldProps {
  label: string
  value: string
  changed(value: string): void
  /** Below it: what it means, or what is wrong with it. */
  hint?: ComponentChildren
  type?: 'text' | 'email' | 'password'
  /** For the browser's memory: `current-password`. */
  autocomplete?: string
  inputMode?: 'numeric' | 'text'
  required?: boolean
  minLength?: number
  maxLength?: number
  /** A name, a code: nothing that a spelling check knows. */
  isVerbatim?: boolean
  suggestions?: readonly string[]
  /** Of a page that is a form and nothing else: one can type at once. */
  isFirst?: boolean
  input?: RefObject<HTMLInputElement>
}

export function Field(props: FieldProps) {
  const { label, value, changed, hint, suggestions, type = 'text' } = props
  const id = useId()
  const own = useRef<HTMLInputElement>(null)
  const input = props.input ?? own
  useEffect(() => {
    if (props.isFirst) input.current?.focus()
  }, [])
  const verbatim = props.isVerbatim ? ({ spellcheck: false, autocapitalize: 'off' } as const) : {}
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...verbatim}
        id={id}
        // Of the three, one is as good as another to the types.
        type={type as 'text'}
        value={value}
        ref={input}
        autocomplete={props.autocomplete ?? 'off'}
        inputMode={props.inputMode ?? 'text'}
        required={props.required ?? false}
        {...(props.minLength !== undefined && { minLength: props.minLength })}
        {...(props.maxLength !== undefined && { maxLength: props.maxLength })}
        {...(suggestions && { list: `${id}-list` })}
        {...(hint !== undefined && { 'aria-describedby': `${id}-hint` })}
        onInput={({ currentTarget }) => changed(currentTarget.value)}
      />
      {suggestions && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {hint !== undefined && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  )
}

export interface Choice {
  value: string
  label: string
}

export function Select(props: {
  label: string
  value: string
  choices: readonly Choice[]
  changed(value: string): void
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} value={props.value} onChange={({ currentTarget }) => props.changed(currentTarget.value)}>
        {props.choices.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  )
}

/** Something asked of the relay by a press: busy while it runs, and its failure kept until the next try. */
export function useAction<Args extends unknown[]>(act: (...args: Args) => Promise<void>) {
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const running = useRef(false)
  async function run(...args: Args): Promise<void> {
    if (running.current) return
    running.current = true
    setBusy(true)
    setError(undefined)
    try {
      await act(...args)
    } catch (thrown) {
      setError(thrown)
    } finally {
      running.current = false
      setBusy(false)
    }
  }
  return { run: (...args: Args) => void run(...args), isBusy, error, forget: () => setError(undefined) }
}

/** What failed, and a way to try again where there is one. */
export function Problem({ error, words, retry }: { error: unknown; words?: string | undefined; retry?: () => void }) {
  const say = useSay()
  if (error === undefined) return null
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <p>{words ?? explain(error, say)}</p>
      {retry && (
        <button type="button" class="quiet" onClick={retry}>
          {say.problems.tryAgain}
        </button>
      )}
    </div>
  )
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const say = useSay()
  const [state, setState] = useState<'copy' | 'copied' | 'select'>('copy')
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setState('copied')
      setTimeout(() => setState('copy'), 2000)
    } catch {
      // Browsers give the clipboard to pages over HTTPS and on this machine only.
      setState('select')
    }
  }
  return (
    <>
      <button type="button" class="quiet" onClick={() => void copy()}>
        <Icon name="copy" />
        <span aria-live="polite">{state === 'copied' ? say.copy.copied : (label ?? say.copy.copy)}</span>
      </button>
      {state === 'select' && <span class="hint">{say.copy.select}</span>}
    </>
  )
}

interface SubmitOrLeaveProps {
  verb: string
  /** Not now: something is missing, or it is under way. */
  disabled?: boolean
  isHarm?: boolean
  /** Left out: there is nowhere else to go. */
  leave?: (() => void) | undefined
  /** Left out: "Cancel". */
  leaveVerb?: string
}

/** The end of a form. */
export function SubmitOrLeave({ verb, disabled, isHarm, leave, leaveVerb }: SubmitOrLeaveProps) {
  const say = useSay()
  return (
    <div class="actions">
      <button type="submit" disabled={disabled} {...(isHarm && { class: 'is-harm' })}>
        {verb}
      </button>
      {leave && (
        <button type="button" class="quiet" onClick={leave}>
          {leaveVerb ?? say.device.cancel}
        </button>
      )}
    </div>
  )
}
