/** What the pages before the sign-in look like: one form, one thing to do, and the language to choose. */
import type { ComponentChildren } from 'preact'
import { Languages } from '../parts/languages.tsx'

interface DoorProps {
  title: string
  means: string | undefined
  submit(): void
  children: ComponentChildren
}

export function Door({ title, means, submit, children }: DoorProps) {
  return (
    <main class="door">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <p class="brand">Fairlead</p>
        <h1>{title}</h1>
        {means !== undefined && <p class="means">{means}</p>}
        {children}
      </form>
      <Languages />
    </main>
  )
}
