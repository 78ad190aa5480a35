/** `?`: which keys do what. */
import { useEffect, useState } from 'preact/hooks'
import { useSay } from './language.ts'
import { Dialog } from './parts/dialog.tsx'

/** Keys are for the console unless somebody is writing, or has asked the browser for something. */
export function isForUs(event: KeyboardEvent): boolean {
  const { target } = event
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false
  if (document.querySelector('dialog[open]')) return false
  return !(target instanceof HTMLElement && target.closest('input, select, textarea, [contenteditable]'))
}

/** @param keys what each does; told the event, so that it can keep the browser from doing its own */
export function useKeys(keys: Readonly<Record<string, (event: KeyboardEvent) => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined
      if (act && isForUs(event)) act(event)
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  })
}

export function Help() {
  const say = useSay()
  const [isOpen, setOpen] = useState(false)
  useKeys({ '?': () => setOpen(true) })
  if (!isOpen) return null
  return (
    <Dialog title={say.help.title} close={() => setOpen(false)}>
      <dl class="keys-list">
        {Object.entries(say.help.keys).map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog" class="actions">
        <button type="submit">{say.help.close}</button>
      </form>
    </Dialog>
  )
}
