/** The question before somebody signs out of a browser in which documents wait for the relay (E1). */
import { useSay } from '../../messages/for-offline.ts'
import { outbox } from '../../offline/kept.ts'
import { BeforeHarm } from '../../parts/before-harm.tsx'
import { signOut } from '../../session.ts'
import { useStore } from '../../store.ts'

export function GiveUpAll({ close }: { close(): void }) {
  const { offline: say } = useSay()
  const number = useStore(outbox, (documents) => documents.length)
  return (
    <BeforeHarm title={say.signOutTitle} verb={say.signOut} act={signOut} done={() => {}} close={close}>
      {say.signOutMeans(number)}
    </BeforeHarm>
  )
}
