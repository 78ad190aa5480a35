/** Sends a document to a device: checked against what it told of itself, with how much of it has been sent. */
import { NoRelayError, type SendOptions, type SentJob } from '@fairlead/sdk'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useLanguage } from '../../language.ts'
import type { KnownPrinting, Printer } from '../../live/printing.ts'
import { useSay } from '../../messages/for-jobs.ts'
import { useSay as useSayOfOffline } from '../../messages/for-offline.ts'
import { keepDocument } from '../../offline/kept.ts'
import { Field, Problem, Select, SubmitOrLeave, useAction } from '../../parts/forms.tsx'
import { Ago } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { linkTo } from '../../router.ts'
import { AtDevice, useReleaseOf } from './at-device.tsx'
import { ChooseDocument, whyNotDocument } from './choose-document.tsx'
import { newKey } from './new-key.ts'
import { firstTicket, isTicketRight, RareTicketFields, TicketFields, ticketOf } from './ticket-fields.tsx'
import { refusalInWords, sizeInWords } from './words.ts'

/** Where the document is. */
type Way = { is: 'here' | 'stopped' | 'kept' } | { is: 'sending'; sent: number } | { is: 'sent'; job: SentJob }

interface PrintDocumentProps {
  device: Printer
  known: KnownPrinting
  /** Left out: it is all that there is. */
  close?: () => void
}

export function PrintDocument({ device, known, close }: PrintDocumentProps) {
  const say = useSay()
  const { offline } = useSayOfOffline()
  const { jobs } = say
  const { printing, knownAtMs } = known
  const isAway = knownAtMs !== undefined
  const abilities = printing?.abilities ?? undefined
  const [file, setFile] = useState<File>()
  const [name, setName] = useState('')
  const [ticket, setTicket] = useState(firstTicket)
  const [within, setWithin] = useState('86400')
  const [isHeld, setHeld] = useState(false)
  const [atDevice, setAtDevice] = useState(device.releaseAtDevice ?? false)
  const waiting = useReleaseOf(device, atDevice)
  const [way, setWay] = useState<Way>({ is: 'here' })
  const stop = useRef<AbortController>(undefined)
  /** What came of a try that failed is not sent again. */
  const begun = useRef<string>(undefined)
  // The same again is one job; anything else is another one.
  const idempotencyKey = useMemo(newKey, [file, name, ticket, within, isHeld, waiting.release])
  // Whoever leaves the page has not asked for what is not there yet.
  useEffect(() => () => stop.current?.abort(), [])

  const send = useAction(async () => {
    if (!file) return
    const stopping = new AbortController()
    stop.current = stopping
    const options: SendOptions = {
      ...ticketOf(ticket, abilities),
      ...{ name: name.trim() || file.name, deliverWithinSeconds: Number(within), hold: isHeld },
      ...waiting,
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
      // Nobody but the relay can do it at once.
      if (error instanceof NoRelayError && !stopping.signal.aborted && within !== '0') return await keep(file)
      setWay({ is: stopping.signal.aborted ? 'stopped' : 'here' })
      if (!stopping.signal.aborted) throw error
    }
  })

  /** The same job with the same key: what of it has reached the relay already is not done twice. */
  const keep = async (document: File) => {
    setWay({ is: 'here' })
    const now = Date.now()
    await keepDocument({
      ...{ id: idempotencyKey, device: device.id, name: name.trim() || document.name, document },
      ...{ ticket: ticketOf(ticket, abilities), hold: isHeld, ...waiting, version: printing?.version },
      ...{ createdAtMs: now, expiresAtMs: now + Number(within) * 1000 },
      ...(begun.current !== undefined && { uploadId: begun.current }),
    })
    setWay({ is: 'kept' })
  }

  const wait = (seconds: string) => {
    setWithin(seconds)
    if (seconds !== '0') return
    setHeld(false)
    setAtDevice(false)
  }
  const beThere = (isThere: boolean) => {
    setAtDevice(isThere)
    if (isThere) setHeld(false)
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
  const again = () => choose(undefined)
  if (way.is === 'sent') return <Sent words={jobs.stored} job={way.job} again={again} close={close} />
  if (way.is === 'kept') return <Sent words={offline.kept(device.name)} again={again} close={close} />
  const why = file && whyNotDocument(file, printing)
  const isNowOrNever = within === '0' && (isAway || device.state !== 'online')
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
      <Problem error={known.error} retry={known.retry} />
      {isAway && (
        <p class="sub">
          <Ago at={new Date(knownAtMs).toISOString()} wrap={offline.asTold} />
        </p>
      )}
      <ChooseDocument printing={printing} file={file} chosen={choose} />
      {file && (
        <>
          <TicketFields abilities={abilities} ticket={ticket} changed={setTicket} />
          <Waiting device={device} isAway={isAway} within={within} changed={wait} />
          {waiting.release && <AtDevice checked={atDevice} disabled={within === '0'} changed={beThere} />}
          <details class="more">
            <summary>{jobs.moreChoices}</summary>
            <div>
              <Field label={jobs.name} value={name} changed={setName} hint={jobs.nameMeans} maxLength={255} />
              <RareTicketFields abilities={abilities} ticket={ticket} changed={setTicket} />
              <label class="check">
                <input
                  type="checkbox"
                  checked={isHeld}
                  disabled={within === '0' || waiting.release === 'person'}
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
      <SubmitOrLeave
        verb={isAway ? offline.keep : jobs.submit}
        disabled={!isReady || send.isBusy}
        leave={close}
        leaveVerb={jobs.leave}
      />
    </form>
  )
}

interface WaitingProps {
  device: Printer
  /** No relay answers. */
  isAway: boolean
  within: string
  changed(seconds: string): void
}

/** How long it may wait, and what that means for the device as it is now. */
function Waiting({ device, isAway, within, changed }: WaitingProps) {
  const { jobs } = useSay()
  const { offline } = useSayOfOffline()
  const ofDevice = { online: jobs.isThere, asleep: jobs.isAsleep, offline: jobs.isAway }[device.state]
  const standing = isAway ? offline.willKeep : ofDevice
  const never = isAway ? offline.neverKept : jobs.wouldFail
  const wouldFail = within === '0' && (isAway || device.state !== 'online')
  return (
    <div class="field">
      <Select
        label={jobs.within}
        value={within}
        choices={Object.entries(jobs.withinChoices).map(([value, label]) => ({ value, label }))}
        changed={changed}
      />
      <p class={`hint ${wouldFail ? 'is-wrong' : ''}`}>{wouldFail ? never : standing}</p>
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

interface SentProps {
  words: string
  /** Left out: it is in this browser. */
  job?: SentJob
  again(): void
  close?: (() => void) | undefined
}

function Sent({ words, job, again, close }: SentProps) {
  const { jobs } = useSay()
  const next = useRef<HTMLAnchorElement & HTMLButtonElement>(null)
  // The button that had the focus is gone.
  useEffect(() => next.current?.focus(), [])
  return (
    <div class="made print" role="status">
      <p>{words}</p>
      <div class="actions">
        {job && (
          <a class="button" ref={next} href={linkTo(['jobs', job.jobId])}>
            {jobs.follow}
          </a>
        )}
        <button type="button" class="quiet" {...(!job && { ref: next })} onClick={again}>
          {jobs.another}
        </button>
        {close && (
          <button type="button" class="quiet" onClick={close}>
            {jobs.leave}
          </button>
        )}
      </div>
    </div>
  )
}
