/** Documents that wait in this browser until the relay has them, and those that wait for a word of their sender (E1). */
import { useState } from 'preact/hooks'
import { useSay } from '../../messages/for-offline.ts'
import { changeDocument, type KeptDocument, outbox, removeDocument } from '../../offline/kept.ts'
import { BeforeHarm } from '../../parts/before-harm.tsx'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Ago, Since } from '../../parts/when.tsx'
import { useStore } from '../../store.ts'

export function Outbox() {
  const { offline: say } = useSay()
  const documents = useStore(outbox)
  if (documents.length === 0) return null
  return (
    <section aria-labelledby="outbox">
      <h2 id="outbox">{say.waiting}</h2>
      <p class="sub">{say.waitingMeans}</p>
      <ol class="jobs">
        {documents.map((document) => (
          <Kept key={document.id} document={document} />
        ))}
      </ol>
    </section>
  )
}

function Kept({ document }: { document: KeptDocument }) {
  const { offline: say } = useSay()
  const { id, name, device, createdAtMs, expiresAtMs, waitsFor, why } = document
  const [isAsked, setAsked] = useState(false)
  const goOn = useAction(() =>
    changeDocument(id, { waitsFor: undefined, why: undefined, agreed: waitsFor === 'answer' }),
  )
  const lead = waitsFor === 'answer' ? say.hasChanged : waitsFor === 'refused' ? say.isRefused : say.lastTry
  return (
    <li class="job">
      <strong>{name}</strong>
      <span class="sub">
        {say.goesTo(device)} · <Ago at={new Date(createdAtMs).toISOString()} /> · {say.until}{' '}
        <Since at={new Date(expiresAtMs).toISOString()} />
      </span>
      {why !== undefined && (
        <p class={waitsFor ? 'notice' : 'sub'}>
          {lead} <span lang="en">{why}</span>
        </p>
      )}
      <Problem error={goOn.error} />
      <div class="actions">
        {waitsFor && (
          <button type="button" disabled={goOn.isBusy} onClick={() => goOn.run()}>
            {waitsFor === 'answer' ? say.printAsItCan : say.tryAgain}
          </button>
        )}
        <button type="button" class="quiet" onClick={() => setAsked(true)}>
          {say.giveUp}
        </button>
      </div>
      {isAsked && (
        <BeforeHarm
          title={say.giveUpTitle(name)}
          verb={say.giveUp}
          act={() => removeDocument(id)}
          done={() => {}}
          close={() => setAsked(false)}
        >
          {say.giveUpMeans}
        </BeforeHarm>
      )}
    </li>
  )
}
