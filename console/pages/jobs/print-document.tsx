/** Sends a document to a device: checked against what it told of itself, with how much of it has been sent. */
import type { Device, Printing } from '@fairlead/protocol/contract'
import type { SendOptions, SentJob } from '@fairlead/sdk'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useLanguage } from '../../language.ts'
import { useSay } from '../../messages/for-jobs.ts'
import { Field, Problem, Select, SubmitOrLeave, useAction } from '../../parts/forms.tsx'
import { relay } from '../../relay.ts'
import { linkTo } from '../../router.ts'
import { ChooseDocument, whyNotDocument } from './choose-document.tsx'
import { firstTicket, isTicketRight, RareTicketFields, TicketFields, ticketOf } from './ticket-fields.tsx'
import { refusalInWords, sizeInWords } from './words.ts'

/** Where the document is. */
type Way = { is: 'here' | 'stopped' } | { is: 'sending'; sent: number } | { is: 'sent'; job: SentJob }

export function PrintDocument({ device, close }: { device: Device; close(): void }) {
  const say = useSay()
  const { jobs } = say
  const [printing, setPrinting] = useState<Printing>()
  const read = useAction(async () => setPrinting(await relay.printing(device.id)))
  // A device that comes back may have changed.
  useEffect(() => read.run(), [device.state])
  const abilities = printing?.abilities ?? undefined
  const [file, setFile] = useState<File>()
  const [name, setName] = useState('')
  const [ticket, setTicket] = useState(firstTicket)
  const [within, setWithin] = useState('86400')
  const [isHeld, setHeld] = useState(false)
  const [way, setWay] = useState<Way>({ is: 'here' })
  const stop = useRef<AbortController>(undefined)
  /** What came of a try that failed is not sent again. */
  const begun = useRef<string>(undefined)
  // The same again is one job; anything else is another one.
  const idempotencyKey = useMemo(newKey, [file, name, ticket, within, isHeld])
  // Whoever leaves the page has not asked for what is not there yet.
  useEffect(() => () => stop.current?.abort(), [])

  const send = useAction(async () => {
    if (!file) return
    const stopping = new AbortController()
    stop.current = stopping
    const options: SendOptions = {
      ...ticketOf(ticket, abilities),
      ...{ name: name.trim() || file.name, deliverWithinSeconds: Number(within), hold: isHeld },
      ...{ idempotencyKey, signal: stopping.signal },
      ...(begun.current !== undefined && { uploadId: begun.current }),
      onUpload: (uploadId) => {
        begun.current = uploadId
      },
      onProgress: (sent) => setWay({ is: 'sending', sent }),
    }
    setWay({ is: 'sending', sent: 0 })
    try {
      setWay({ is: 'sent', job: await relay.jobs.send(device.id, file, options) })
    } catch (error) {
      setWay({ is: stopping.signal.aborted ? 'stopped' : 'here' })
      if (!stopping.signal.aborted) throw error
    }
  })

  const wait = (seconds: string) => {
    setWithin(seconds)
    if (seconds === '0') setHeld(false)
  }
  const choose = (chosen: File | undefined) => {
    setFile(chosen)
    setName(chosen?.name ?? '')
    setWay({ is: 'here' })
    begun.current = undefined
    send.forget()
  }
  // What is on its way is as it was when it left.
  if (way.is === 'sending' && file) return <Sending file={file} sent={way.sent} stop={() => stop.current?.abort()} />
  if (way.is === 'sent') return <Sent job={way.job} again={() => choose(undefined)} close={close} />
  const why = file && whyNotDocument(file, printing)
  const isNowOrNever = within === '0' && device.state !== 'online'
  const isReady = file && why === undefined && isTicketRight(ticket, abilities) && !isNowOrNever
  return (
    <form
      class="made print"
      onSubmit={(event) => {
        event.preventDefault()
        send.run()
      }}
    >
      <h3>{jobs.print}</h3>
      <Problem error={read.error} retry={() => read.run()} />
      <ChooseDocument printing={printing} file={file} chosen={choose} />
      {file && (
        <>
          <TicketFields abilities={abilities} ticket={ticket} changed={setTicket} />
          <Waiting device={device} within={within} changed={wait} />
          <details class="more">
            <summary>{jobs.moreChoices}</summary>
            <div>
              <Field label={jobs.name} value={name} changed={setName} hint={jobs.nameMeans} maxLength={255} />
              <RareTicketFields abilities={abilities} ticket={ticket} changed={setTicket} />
              <label class="check">
                <input
                  type="checkbox"
                  checked={isHeld}
                  disabled={within === '0'}
                  onChange={({ currentTarget }) => setHeld(currentTarget.checked)}
                />
                {jobs.holdIt}
              </label>
            </div>
          </details>
        </>
      )}
      <Problem error={send.error} words={refusalInWords(send.error, say)} />
      {way.is === 'stopped' && (
        <p class="notice" role="status">
          {jobs.stopped}
        </p>
      )}
      <SubmitOrLeave verb={jobs.submit} disabled={!isReady || send.isBusy} leave={close} leaveVerb={jobs.leave} />
    </form>
  )
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** How long it may wait, and what that means for the device as it is now. */
function Waiting({ device, within, changed }: { device: Device; within: string; changed(seconds: string): void }) {
  const { jobs } = useSay()
  const standing = { online: jobs.isThere, asleep: jobs.isAsleep, offline: jobs.isAway }[device.state]
  const wouldFail = within === '0' && device.state !== 'online'
  return (
    <div class="field">
      <Select
        label={jobs.within}
        value={within}
        choices={Object.entries(jobs.withinChoices).map(([value, label]) => ({ value, label }))}
        changed={changed}
      />
      <p class={`hint ${wouldFail ? 'is-wrong' : ''}`}>{wouldFail ? jobs.wouldFail : standing}</p>
    </div>
  )
}

function Sending({ file, sent, stop }: { file: File; sent: number; stop(): void }) {
  const { jobs } = useSay()
  const language = useLanguage()
  const whole = sizeInWords(file.size, language)
  // What goes in one piece is not seen on its way.
  const words = sent === 0 ? jobs.sendingAll(whole) : jobs.sending(sizeInWords(sent, language), whole)
  return (
    <div class="made print sending">
      <strong>{file.name}</strong>
      <label>
        <span>{words}</span>
        <progress max={file.size} {...(sent > 0 && { value: sent })} />
      </label>
      <button type="button" class="quiet" onClick={stop}>
        {jobs.stop}
      </button>
    </div>
  )
}

function Sent({ job, again, close }: { job: SentJob; again(): void; close(): void }) {
  const { jobs } = useSay()
  const next = useRef<HTMLAnchorElement>(null)
  // The button that had the focus is gone.
  useEffect(() => next.current?.focus(), [])
  return (
    <div class="made print" role="status">
      <p>{jobs.stored}</p>
      <div class="actions">
        <a class="button" ref={next} href={linkTo(['jobs', job.jobId])}>
          {jobs.follow}
        </a>
        <button type="button" class="quiet" onClick={again}>
          {jobs.another}
        </button>
        <button type="button" class="quiet" onClick={close}>
          {jobs.leave}
        </button>
      </div>
    </div>
  )
}
