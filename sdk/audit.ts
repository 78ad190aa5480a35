/** The audit log as the relay exports it: line by line, so that it need not be in memory. */
import { type Relay, refusalIn, send } from './call.ts'
import { NoRelayError } from './error.ts'

export interface AuditExport {
  /** `SEQ:HASH` of the newest entry when it began: up to there all is in it. Undefined: there was none. */
  head: string | undefined
  /** Each an entry as JSON, or what keeps the chain together where it is another account's. @throws {NoRelayError} it broke off */
  lines: AsyncGenerator<string, void, undefined>
}

/** @throws {RelayError} @throws {NoRelayError} */
export async function exportAudit(relay: Relay): Promise<AuditExport> {
  const request = { path: '/v1/audit/export' }
  const response = await send(relay, request)
  if (!response.ok) throw await refusalIn(relay, request, response)
  if (!response.body) throw new NoRelayError('The export has no body.')
  return { head: response.headers.get('fairlead-audit-head') ?? undefined, lines: linesOf(response.body, relay.url) }
}

async function* linesOf(body: ReadableStream<Uint8Array>, url: string): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder()
  // Not `for await`: not every browser can walk through a stream.
  const reader = body.getReader()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await readOn(reader, url)
      if (done) break
      text += decoder.decode(value, { stream: true })
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      yield* lines
    }
  } finally {
    // Ends the connection when nobody wants more; a broken one has nothing left to end.
    await reader.cancel().catch(() => {})
  }
}

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>, url: string) {
  try {
    return await reader.read()
  } catch (cause) {
    throw new NoRelayError(`The audit log of ${url} broke off in the middle: try again.`, { cause })
  }
}
