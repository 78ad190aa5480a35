/** The passwords by which computers of whoever is signed in print: made, shown once, ended. */
import type { AppPassword, MadeAppPassword } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { usePrinterWords } from '../messages/for-printers.ts'
import { BeforeHarm } from '../parts/before-harm.tsx'
import { Field, Problem, SubmitOrLeave, useAction } from '../parts/forms.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { Ago } from '../parts/when.tsx'
import { hasCode, relay } from '../relay.ts'

export function AppPasswords() {
  const say = usePrinterWords()
  const [items, setItems] = useState<readonly AppPassword[]>()
  const [made, setMade] = useState<MadeAppPassword>()
  const [isMaking, setMaking] = useState(false)
  const [ending, setEnding] = useState<AppPassword>()
  const read = useAction(async () => setItems((await relay.appPasswords.list()).items))
  useEffect(() => read.run(), [])
  return (
    <section class="own" aria-labelledby="app-passwords">
      <h2 id="app-passwords">{say.passwords}</h2>
      <p class="sub">{say.passwordsMean}</p>
      <Problem error={read.error} retry={() => read.run()} />
      {items?.length === 0 && <p class="sub">{say.none}</p>}
      <ul class="key-list">
        {items?.map((item) => (
          <li key={item.appPasswordId}>
            <div>
              <strong>{item.name}</strong>
              <p class="sub">
                {item.lastUsedAt === null ? say.neverUsed : <Ago at={item.lastUsedAt} wrap={say.used} />}
              </p>
            </div>
            <button type="button" class="quiet is-harm" onClick={() => setEnding(item)}>
              {say.end}
              <span class="hidden"> {item.name}</span>
            </button>
          </li>
        ))}
      </ul>
      {made && (
        <ShownOnce
          title={say.shown}
          means={say.shownMeans}
          secret={made.password}
          done={say.kept}
          close={() => setMade(undefined)}
        />
      )}
      {isMaking ? (
        <Make
          made={(password) => {
            setMade(password)
            setMaking(false)
            read.run()
          }}
          close={() => setMaking(false)}
        />
      ) : (
        <div class="actions">
          <button type="button" class="quiet" onClick={() => setMaking(true)}>
            {say.make}
          </button>
        </div>
      )}
      {ending && (
        <BeforeHarm
          title={say.endTitle(ending.name)}
          verb={say.end}
          act={() => end(ending)}
          done={() => read.run()}
          close={() => setEnding(undefined)}
        >
          {say.endMeans}
        </BeforeHarm>
      )}
    </section>
  )
}

/** That it has been ended meanwhile is what was wanted. */
async function end({ appPasswordId }: AppPassword): Promise<void> {
  try {
    await relay.appPasswords.remove(appPasswordId)
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error
  }
}

function Make({ made, close }: { made(password: MadeAppPassword): void; close(): void }) {
  const say = usePrinterWords()
  const [name, setName] = useState('')
  const make = useAction(async () => made(await relay.appPasswords.add({ name: name.trim() })))
  return (
    <form
      class="made"
      onSubmit={(event) => {
        event.preventDefault()
        make.run()
      }}
    >
      <Field label={say.name} hint={say.nameHint} value={name} changed={setName} maxLength={128} required isFirst />
      <Problem error={make.error} />
      <SubmitOrLeave verb={say.submit} disabled={make.isBusy || name.trim() === ''} leave={close} />
    </form>
  )
}
