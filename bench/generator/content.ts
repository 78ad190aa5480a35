/** What is asked and answered, the same text for every server: a GET of one object, about 300 bytes each way as stanzas. */

/** As long as a long OID. */
const object = `bench.${'object.'.repeat(12)}one`
const filling = 'filling '.repeat(6).trim()

/** What a service sends to the API. */
export const question = JSON.stringify({ get: [object] })

/** Other servers write quotes as references; they need not. */
const withoutQuotes = (json: string) => json.replaceAll('"', '|')

/** What a relay makes of it for the device, for a component to say. */
export const pushed = withoutQuotes(JSON.stringify({ get: [object], timeoutSeconds: 30 }))

/** Names the device, so that a stranger's answer is noticed. */
export function answerText(device: string): string {
  return JSON.stringify({ values: { [object]: `${device} ${filling}` }, errors: {} })
}

export function plainAnswerText(device: string): string {
  return withoutQuotes(answerText(device))
}

/** Whether `text` holds that device's answer. */
export function holdsAnswer(text: string, device: string): boolean {
  return text.includes(`${device} ${filling}`)
}
