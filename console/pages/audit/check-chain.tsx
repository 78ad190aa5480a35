/** Whether the audit log is as it was written: its whole chain is computed anew, here in the browser. */
import type { ChainFault, ChainSummary } from '@fairlead/protocol/check-chain'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLanguage } from '../../language.ts'
import { useAuditWords } from '../../messages/audit.ts'
import { CopyButton, Field, Problem } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { relay } from '../../relay.ts'

/** Beyond that it takes minutes, and the command does it better. */
const mostHere = 200_000
/** Drawn anew so often at most. */
const tellEvery = 250

/** As the check throws it. */
interface Broken {
  message: string
  facts: Readonly<Record<string, unknown>>
}

type Check =
  | { is: 'nothing' }
  | { is: 'running'; done: number; all: number }
  | { is: 'whole'; summary: ChainSummary }
  | { is: 'broken'; failure: Broken }
  | { is: 'too-long'; entries: number }
  | { is: 'failed'; error: unknown }

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function* until(stop: AbortSignal, lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) {
    stop.throwIfAborted()
    yield line
  }
}

async function check(kept: string, stop: AbortSignal, told: (check: Check) => void): Promise<void> {
  try {
    const { checkChainWith, readHead } = await import('@fairlead/protocol/check-chain')
    const { head, lines } = await relay.audit.export()
    const heads = [head, kept].flatMap((text) => readHead(text ?? '') ?? [])
    const all = heads[0]?.seq ?? 0
    if (all > mostHere) {
      // One that was never begun would not end its connection.
      await lines.next()
      await lines.return()
      return told({ is: 'too-long', entries: all })
    }
    told({ is: 'running', done: 0, all })
    const progress = (done: number) => done % tellEvery === 0 && told({ is: 'running', done, all })
    told({ is: 'whole', summary: await checkChainWith(sha256, until(stop, lines), { heads, progress }) })
  } catch (error) {
    if (stop.aborted) return told({ is: 'nothing' })
    // What the check says is one sentence, which names the entry.
    const isOfTheChain = error instanceof Error && error.name === 'Failure'
    told(isOfTheChain ? { is: 'broken', failure: error as unknown as Broken } : { is: 'failed', error })
  }
}

export function CheckChain() {
  const language = useLanguage()
  const number = (count: number) => count.toLocaleString(language)
  const [now, setNow] = useState<Check>({ is: 'nothing' })
  const [kept, setKept] = useState('')
  const stop = useRef<AbortController>(undefined)
  useEffect(() => () => stop.current?.abort(), [])
  const words = useAuditWords().check
  const isHead = kept.trim() === '' || /^[1-9]\d{0,14}:[0-9a-f]{64}$/.test(kept.trim())
  const begin = () => {
    stop.current = new AbortController()
    void check(kept.trim(), stop.current.signal, setNow)
  }
  return (
    <details class="folded">
      <summary>{words.title}</summary>
      <p class="sub">{words.means}</p>
      {crypto.subtle === undefined ? (
        <ByCommand why={words.noCrypto} />
      ) : (
        <form
          class="naming"
          onSubmit={(event) => {
            event.preventDefault()
            if (isHead) begin()
          }}
        >
          <Field
            label={words.head}
            value={kept}
            changed={setKept}
            hint={isHead ? words.headMeans : <span class="is-wrong">{words.badHead}</span>}
            isVerbatim
          />
          <div class="actions">
            {now.is === 'running' ? (
              <button type="button" class="quiet" onClick={() => stop.current?.abort()}>
                {words.stop}
              </button>
            ) : (
              <button type="submit" class="quiet">
                {words.begin}
              </button>
            )}
          </div>
        </form>
      )}
      <div role="status" class="chain">
        {now.is === 'running' && (
          <>
            <p class="sub">{words.checked(number(now.done), number(now.all))}</p>
            <progress max={now.all} value={now.done} aria-label={words.title} />
          </>
        )}
        {now.is === 'whole' && <Whole summary={now.summary} />}
        {now.is === 'too-long' && <ByCommand why={words.tooLong(number(now.entries))} />}
      </div>
      {now.is === 'broken' && <Problem error={now} words={`${words.broken} ${faultIn(now.failure, words, number)}`} />}
      {now.is === 'failed' && <Problem error={now.error} retry={begin} />}
    </details>
  )
}

/** In the reader's language; what a newer check finds, as it says it. */
function faultIn(
  { facts: { fault, entry, other }, message }: Broken,
  { faults }: ReturnType<typeof useAuditWords>['check'],
  number: (count: number) => string,
): string {
  const sentence = faults?.[fault as ChainFault]
  return sentence ? sentence(number(Number(entry)), number(Number(other))) : message
}

function Whole({ summary: { entries, first, last } }: { summary: ChainSummary }) {
  const language = useLanguage()
  const words = useAuditWords().check
  if (!first || !last) return <p>{words.empty}</p>
  const number = (count: number) => count.toLocaleString(language)
  const head = `${last.seq}:${last.hash}`
  return (
    <>
      <p class="state is-online">
        <Icon name="online" />
        <span>{words.whole(number(entries), number(last.seq))}</span>
      </p>
      {first.seq > 1 && <p>{words.trimmed(number(first.seq))}</p>}
      <p class="sub">{words.keep}</p>
      <code class="secret">{head}</code>
      <div class="actions">
        <CopyButton text={head} />
      </div>
    </>
  )
}

function ByCommand({ why }: { why: string }) {
  const words = useAuditWords().check
  return (
    <>
      <p>
        {why} {words.byCommand}
      </p>
      <code class="secret">fairlead audit verify</code>
    </>
  )
}
