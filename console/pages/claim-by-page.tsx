/** Where nobody can reach the panel: the device prints a page, and the word on it is typed here. */
import type { Claim } from '@fairlead/protocol/contract'
import { RelayError } from '@fairlead/sdk'
import { useState } from 'preact/hooks'
import { type Messages, useSay } from '../language.ts'
import { Field, Problem, useAction } from '../parts/forms.tsx'
import { hasCode, relay } from '../relay.ts'

/** @param changed is told how the claim stands; undefined: it has to be read again */
export function ClaimByPage({ claimId, changed }: { claimId: string; changed(claim: Claim | undefined): void }) {
  const say = useSay()
  const [paper, setPaper] = useState<'none' | 'here' | 'printed'>('none')
  const [word, setWord] = useState('')
  const [isRight, setRight] = useState(false)
  const closed = (error: unknown) => {
    if (hasCode(error, 'claim-closed')) changed(undefined)
    throw error
  }
  const print = useAction(async () => {
    type.forget()
    await relay.claims.printPage(claimId).catch(closed)
    setWord('')
    setPaper('printed')
  })
  const type = useAction(async () => {
    print.forget()
    changed(await relay.claims.typeWord(claimId, word).catch(closed))
    setRight(true)
  })
  const failure = print.error ?? type.error
  const problem = <Problem error={failure} words={wordsFor(failure, say)} />
  const printWith = (words: string) => (
    <button type="button" class="quiet" disabled={print.isBusy} onClick={() => print.run()}>
      {print.isBusy ? say.page.printing : words}
    </button>
  )
  return (
    <form
      class="naming"
      onSubmit={(event) => {
        event.preventDefault()
        type.run()
      }}
    >
      <h2>{say.page.title}</h2>
      <p role="status">{isRight ? say.page.right : paper === 'printed' ? say.page.printed : say.page.means}</p>
      {paper === 'none' ? (
        <>
          {problem}
          <div class="actions">
            {printWith(say.page.print)}
            <button type="button" class="quiet" onClick={() => setPaper('here')}>
              {say.page.have}
            </button>
          </div>
        </>
      ) : (
        <>
          <Field
            key={paper}
            label={say.page.word}
            value={word}
            changed={setWord}
            maxLength={64}
            hint={say.page.wordHint}
            required
            isVerbatim
            isFirst
          />
          {problem}
          <div class="actions">
            <button type="submit" disabled={type.isBusy || isRight}>
              {say.page.submit}
            </button>
            {printWith(say.page.another)}
          </div>
        </>
      )}
    </form>
  )
}

/** @returns undefined: it is said as everywhere */
function wordsFor(error: unknown, say: Messages): string | undefined {
  if (hasCode(error, 'device-offline')) return say.page.offline
  if (!(error instanceof RelayError) || error.code !== 'no-match') return undefined
  const { triesLeft } = error.problem
  return typeof triesLeft === 'number' && triesLeft > 0 ? say.page.wrong(triesLeft) : say.page.worthless
}
