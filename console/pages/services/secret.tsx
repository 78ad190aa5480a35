/** The signing secret of a webhook, shown this once. */
import { useSay } from '../../messages/for-services.ts'
import { CopyButton } from '../../parts/forms.tsx'

export function Secret({ secret, isRotated, close }: { secret: string; isRotated?: boolean; close(): void }) {
  const { services } = useSay()
  return (
    <section class="made" role="status">
      <h2>{services.secretTitle}</h2>
      <p>{services.secretMeans}</p>
      {isRotated && <p>{services.rotated}</p>}
      <p>
        <code class="secret">{secret}</code>
      </p>
      <div class="actions">
        <CopyButton text={secret} />
        <button type="button" class="quiet" onClick={close}>
          {services.secretKept}
        </button>
      </div>
    </section>
  )
}
