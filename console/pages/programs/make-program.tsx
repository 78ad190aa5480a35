/** The form for a new program: what panels show, where it is called, and what it asks for. */
import type { CreatedProgram } from '@fairlead/protocol/contract'
import { RelayError } from '@fairlead/sdk'
import { useState } from 'preact/hooks'
import { type SayOfPrograms, useSay } from '../../messages/for-programs.ts'
import { Field, Problem, SubmitOrLeave, useAction } from '../../parts/forms.tsx'
import { explain, relay } from '../../relay.ts'
import { useSignedIn } from '../../session.ts'

export function MakeProgram({ made, close }: { made(program: CreatedProgram): void; close(): void }) {
  const say = useSay()
  const { form } = say.programs
  const account = useSignedIn()?.user.account
  const [title, setTitle] = useState('')
  const [id, setId] = useState('')
  const [description, setDescription] = useState('')
  const [url, setUrl] = useState('')
  const [asks, setAsks] = useState('')
  const [tag, setTag] = useState('')
  const make = useAction(async () => {
    if (account === undefined) return
    const names = asks.split(/[\s,、]+/).filter((name) => name !== '')
    made(
      await relay.programs.add({
        ...{ program: id.trim(), title: title.trim(), url: url.trim(), asks: names, account },
        ...(description.trim() !== '' && { description: description.trim() }),
        ...(tag.trim() !== '' && { tag: tag.trim() }),
      }),
    )
  })
  const isComplete = [title, id, url].every((text) => text.trim() !== '')
  return (
    <form
      class="made"
      onSubmit={(event) => {
        event.preventDefault()
        make.run()
      }}
    >
      <h2>{form.title}</h2>
      <Field label={form.name} value={title} changed={setTitle} hint={form.nameMeans} maxLength={64} required isFirst />
      <Field label={form.id} value={id} changed={setId} hint={form.idMeans} maxLength={64} required isVerbatim />
      <Field label={form.description} value={description} changed={setDescription} maxLength={256} />
      <Field label={form.url} value={url} changed={setUrl} hint={form.urlMeans} maxLength={2048} required isVerbatim />
      <Field label={form.asks} value={asks} changed={setAsks} hint={form.asksMeans} isVerbatim />
      <Field label={form.tag} value={tag} changed={setTag} maxLength={64} isVerbatim />
      <Problem error={make.error} words={refusalInWords(make.error, say)} />
      <SubmitOrLeave verb={form.submit} disabled={make.isBusy || !isComplete} leave={close} />
    </form>
  )
}

/** The relay's own sentence says which field; its name in the API says nothing to people. */
function refusalInWords(error: unknown, say: SayOfPrograms): string | undefined {
  if (!(error instanceof RelayError) || error.code !== 'invalid-request') return undefined
  const words = explain(error, say).replace(/^body\.[\w.]+: /, '')
  return words.includes('--webhook-networks') ? `${words} ${say.programs.form.privateAddress}` : words
}
