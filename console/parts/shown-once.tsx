/** A key or a link that is shown this once: to be copied now. */
import { CopyButton } from './forms.tsx'

interface ShownOnceProps {
  title: string
  means: string
  secret: string
  /** Whoever has kept it says so. */
  done: string
  close(): void
}

export function ShownOnce({ title, means, secret, done, close }: ShownOnceProps) {
  return (
    <section class="made" role="status">
      <h2>{title}</h2>
      <p>{means}</p>
      <p>
        <code class="secret">{secret}</code>
      </p>
      <div class="actions">
        <CopyButton text={secret} />
        <button type="button" class="quiet" onClick={close}>
          {done}
        </button>
      </div>
    </section>
  )
}
