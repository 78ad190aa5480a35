/** The signing secret of a program, shown this once. */
import { useSay } from '../../messages/for-programs.ts'
import { ShownOnce } from '../../parts/shown-once.tsx'

export function Secret({ secret, isRotated, close }: { secret: string; isRotated?: boolean; close(): void }) {
  const { programs: say } = useSay()
  const means = isRotated ? `${say.secretMeans} ${say.rotated}` : say.secretMeans
  return <ShownOnce title={say.secretTitle} means={means} secret={secret} done={say.secretKept} close={close} />
}
