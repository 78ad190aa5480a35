/** Eight large boxes for a PIN; to the browser and to a screen reader it is one field, so that it can be pasted and corrected. */
import { useEffect, useId, useRef } from 'preact/hooks'

const digits = 8

export function PinField({
  label,
  value,
  changed,
  hint,
}: {
  label: string
  value: string
  changed(digits: string): void
  hint: string
}) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  return (
    <div class="field pin-field">
      <label for={id}>{label}</label>
      <div class="boxes">
        <span class="behind" aria-hidden="true">
          {Array.from({ length: digits }, (_, at) => (
            <span key={at} class={at === value.length ? 'is-next' : ''} />
          ))}
        </span>
        <input
          id={id}
          ref={input}
          type="text"
          inputMode="numeric"
          autocomplete="off"
          maxLength={20}
          value={value}
          aria-describedby={`${id}-hint`}
          onInput={({ currentTarget }) => {
            const typed = currentTarget.value.replaceAll(/\D/g, '').slice(0, digits)
            currentTarget.value = typed
            changed(typed)
          }}
        />
      </div>
      <div class="hint" id={`${id}-hint`}>
        {hint}
      </div>
    </div>
  )
}
