/** The signing secret of a webhook, shown this once. */
import { useSay } from '../../messages/for-services.ts'
import { ShownOnce } from '../../parts/shown-once.tsx'

export function Secret({ secret, isRotated, close }: { secret: string; isRotated?: boolean; close(): void }) {
  const { services } = useSay()
  const means = isRotated ? `${services.secretMeans} ${services.rotated}` : services.secretMeans
  return (
    <ShownOnce title={services.secretTitle} means={means} secret={secret} done={services.secretKept} close={close} />
  )
}
