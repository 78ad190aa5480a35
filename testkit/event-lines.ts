/** The event lines that a process announces itself with, each handed out once. */

/** One line of standard output: `{"event":"relay.ready", …}`. */
export type EventLine = { event: string } & Record<string, unknown>

export interface EventLines {
  read(line: string): void
  /** No more lines will come. */
  end(how: string): void
  next(name: string, withinMs?: number): Promise<EventLine>
}

interface Waiter {
  name: string
  resolve(line: EventLine): void
  reject(error: Error): void
}

/** @param describe what to show beside an error: who should have spoken, and what was said */
export function createEventLines(describe: () => string): EventLines {
  const unread: EventLine[] = []
  const waiters = new Set<Waiter>()
  let ended: string | undefined

  const failure = (why: string, name: string) => new Error(`No event ${name}: ${why}\n${describe()}`)

  return {
    read(text) {
      const line = parseEventLine(text)
      if (line === undefined) return
      const waiter = [...waiters].find(({ name }) => name === line.event)
      if (waiter === undefined) unread.push(line)
      else waiter.resolve(line)
    },

    end(how) {
      ended = how
      for (const { name, reject } of waiters) reject(failure(how, name))
    },

    next(name, withinMs = 20_000) {
      const at = unread.findIndex((line) => line.event === name)
      const [line] = at === -1 ? [] : unread.splice(at, 1)
      if (line !== undefined) return Promise.resolve(line)
      if (ended !== undefined) return Promise.reject(failure(ended, name))
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => waiter.reject(failure(`not within ${withinMs} ms`, name)), withinMs)
        const settle = () => {
          clearTimeout(timer)
          waiters.delete(waiter)
        }
        const waiter: Waiter = {
          name,
          resolve(found) {
            settle()
            resolve(found)
          },
          reject(error) {
            settle()
            reject(error)
          },
        }
        waiters.add(waiter)
      })
    },
  }
}

function parseEventLine(text: string): EventLine | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const value = JSON.parse(text)
    return typeof value.event === 'string' ? value : undefined
  } catch {
    // Not an event line: results for people also go to standard output.
    return undefined
  }
}
