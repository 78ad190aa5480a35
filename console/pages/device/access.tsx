/** Who may do what on a device: read, with its script, when somebody wants to know. */
import { useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { later } from '../../parts/later.tsx'

const AccessList = later(async () => (await import('./access-list.tsx')).AccessList)

export function Access({ device }: { device: string }) {
  const say = useSay()
  const [isOpen, setOpen] = useState(false)
  return (
    <section aria-labelledby="access">
      <details class="access" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          <h2 id="access">{say.access.title}</h2>
        </summary>
        {isOpen && <AccessList device={device} />}
      </details>
    </section>
  )
}
