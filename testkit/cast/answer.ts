/** What a device made of a stock client says to a request: the text of `<response xmlns='urn:fairlead:request:1'>`. */
import { tell } from './settings.ts'

interface Asked {
  get?: string[]
  set?: Record<string, unknown>
}

interface Answer {
  values: Record<string, unknown>
  errors: Record<string, { code: string; message: string }>
}

/** @param text of `<request>` @param objects what the device has; a set changes them */
export function answerRequest(text: string, objects: Record<string, unknown>): string {
  const asked: Asked = JSON.parse(text)
  tell('request', { asked })
  const answer: Answer = { values: {}, errors: {} }
  for (const name of asked.get ?? Object.keys(asked.set ?? {})) {
    if (!(name in objects)) {
      answer.errors[name] = { code: 'unknown-object', message: 'This device has no such object.' }
      continue
    }
    if (asked.set) objects[name] = asked.set[name]
    answer.values[name] = objects[name]
  }
  return JSON.stringify(answer)
}
